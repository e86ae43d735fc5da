// Lanes: 16 floats, in one, two or four vector registers. The number 16 is part of the results' definition,
// so AVX2 and AVX-512 agree to the bit. Include inside a file that Highway compiles once a target
// (foreach_target.h).
#if defined(INNATE_SIMD_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef INNATE_SIMD_H_
#undef INNATE_SIMD_H_
#else
#define INNATE_SIMD_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace innate {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using BitsTag = hn::RebindToUnsigned<Tag>;
using Vector = hn::Vec<Tag>;
using BitsVector = hn::Vec<BitsTag>;
constexpr int kVectorLanes = static_cast<int>(hn::MaxLanes(Tag()));
constexpr int kVectors = 16 / kVectorLanes;

#define INNATE_EACH for (int i = 0; i < kVectors; ++i)

struct LaneMask {
  hn::Mask<Tag> m[kVectors];
};

struct LaneBits {
  BitsVector v[kVectors];
};

struct Lanes {
  Vector v[kVectors];

  Lanes() = default;
  HWY_INLINE explicit Lanes(float x) { INNATE_EACH v[i] = hn::Set(Tag(), x); }
  static HWY_INLINE Lanes zero() { return Lanes(0.0f); }
  static HWY_INLINE Lanes load(const float* p) {
    Lanes r;
    INNATE_EACH r.v[i] = hn::LoadU(Tag(), p + i * kVectorLanes);
    return r;
  }
  HWY_INLINE void store(float* p) const { INNATE_EACH hn::StoreU(v[i], Tag(), p + i * kVectorLanes); }

  /// The first `count` <= 16 of them; the others read as 0 and are not touched in memory.
  static HWY_INLINE Lanes load(const float* p, int count) {
    if (HWY_LIKELY(count >= 16)) return load(p);
    Lanes r;
#if HWY_TARGET <= HWY_AVX2  // masked loads in hardware
    INNATE_EACH r.v[i] = hn::MaskedLoad(mask(count - i * kVectorLanes), Tag(), p + i * kVectorLanes);
#else
    HWY_ALIGN float copy[16] = {};
    for (int i = 0; i < count; ++i) copy[i] = p[i];
    r = load(copy);
#endif
    return r;
  }
  HWY_INLINE void store(float* p, int count) const {
    if (HWY_LIKELY(count >= 16)) return store(p);
#if HWY_TARGET < HWY_AVX2  // masks are registers
    INNATE_EACH hn::BlendedStore(v[i], mask(count - i * kVectorLanes), Tag(), p + i * kVectorLanes);
#elif HWY_TARGET == HWY_AVX2
    if (count < 8) return store_some(v[0], p, count);
    hn::StoreU(v[0], Tag(), p);
    store_some(v[1], p + 8, count - 8);
#else
    HWY_ALIGN float copy[16];
    store(copy);
    for (int i = 0; i < count; ++i) p[i] = copy[i];
#endif
  }

  static HWY_INLINE hn::Mask<Tag> mask(int count) {
    const int inside = count < 0 ? 0 : (count < kVectorLanes ? count : kVectorLanes);
    return hn::FirstN(Tag(), static_cast<std::size_t>(inside));
  }

#if HWY_TARGET == HWY_AVX2
 private:
  /// The first `count` < 8 of a vector in at most three stores: one under a mask is microcode on some
  /// processors (rows of 10 numbers: 9 ns longer on an AMD EPYC).
  static HWY_INLINE void store_some(Vector all, float* p, int count) {
    const hn::FixedTag<float, 4> four;
    const hn::FixedTag<float, 2> two;
    auto left = hn::LowerHalf(four, all);
    if (count & 4) {
      hn::StoreU(left, four, p);
      left = hn::UpperHalf(four, all);
      p += 4;
    }
    if (count & 2) hn::StoreU(hn::LowerHalf(two, left), two, p);
    if (count & 1) p[count & 2] = hn::GetLane(count & 2 ? hn::ConcatUpperUpper(four, left, left) : left);
  }
#endif
};

/// The first `count` of 16 lanes, worked out once for a loop that loads and stores them many times.
class Part {
 public:
  HWY_INLINE explicit Part(int count) : count_(count) {
    INNATE_EACH mask_.m[i] = Lanes::mask(count - i * kVectorLanes);
  }
  HWY_INLINE Lanes load(const float* p) const {
#if HWY_TARGET <= HWY_AVX2
    Lanes r;
    INNATE_EACH r.v[i] = hn::MaskedLoad(mask_.m[i], Tag(), p + i * kVectorLanes);
    return r;
#else
    return Lanes::load(p, count_);
#endif
  }
  HWY_INLINE int count() const { return count_; }

 private:
  int count_;
  LaneMask mask_;
};

#define INNATE_LANES_OPERATOR(op, function)                      \
  HWY_INLINE Lanes operator op(const Lanes& a, const Lanes& b) { \
    Lanes r;                                                     \
    INNATE_EACH r.v[i] = hn::function(a.v[i], b.v[i]);           \
    return r;                                                    \
  }
INNATE_LANES_OPERATOR(+, Add)
INNATE_LANES_OPERATOR(-, Sub)
INNATE_LANES_OPERATOR(*, Mul)
INNATE_LANES_OPERATOR(/, Div)
#undef INNATE_LANES_OPERATOR

/// a * b + c with one rounding (on targets before AVX2, which have no such instruction, with two).
HWY_INLINE Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
  Lanes r;
  INNATE_EACH r.v[i] = hn::MulAdd(a.v[i], b.v[i], c.v[i]);
  return r;
}
HWY_INLINE Lanes sqrt(const Lanes& a) {
  Lanes r;
  INNATE_EACH r.v[i] = hn::Sqrt(a.v[i]);
  return r;
}
HWY_INLINE LaneMask less(const Lanes& a, const Lanes& b) {
  LaneMask r;
  INNATE_EACH r.m[i] = hn::Lt(a.v[i], b.v[i]);
  return r;
}
HWY_INLINE LaneMask is_nan(const Lanes& a) {
  LaneMask r;
  INNATE_EACH r.m[i] = hn::IsNaN(a.v[i]);
  return r;
}
HWY_INLINE Lanes select(const LaneMask& which, const Lanes& yes, const Lanes& no) {
  Lanes r;
  INNATE_EACH r.v[i] = hn::IfThenElse(which.m[i], yes.v[i], no.v[i]);
  return r;
}
HWY_INLINE LaneBits bits(const Lanes& a) {
  LaneBits r;
  INNATE_EACH r.v[i] = hn::BitCast(BitsTag(), a.v[i]);
  return r;
}
template <class T>
HWY_INLINE T from_bits(const LaneBits& a) {
  T r;
  INNATE_EACH r.v[i] = hn::BitCast(Tag(), a.v[i]);
  return r;
}
HWY_INLINE LaneBits operator+(const LaneBits& a, const LaneBits& b) {
  LaneBits r;
  INNATE_EACH r.v[i] = hn::Add(a.v[i], b.v[i]);
  return r;
}
HWY_INLINE LaneBits operator-(const LaneBits& a, const LaneBits& b) {
  LaneBits r;
  INNATE_EACH r.v[i] = hn::Sub(a.v[i], b.v[i]);
  return r;
}
HWY_INLINE LaneBits shift_left_23(const LaneBits& a) {
  LaneBits r;
  INNATE_EACH r.v[i] = hn::ShiftLeft<23>(a.v[i]);
  return r;
}
HWY_INLINE LaneBits shift_right_1(const LaneBits& a) {
  LaneBits r;
  const hn::RebindToSigned<Tag> s;
  INNATE_EACH r.v[i] = hn::BitCast(BitsTag(), hn::ShiftRight<1>(hn::BitCast(s, a.v[i])));
  return r;
}
HWY_INLINE LaneBits keep_exponent(const LaneBits& a) {
  LaneBits r;
  INNATE_EACH r.v[i] = hn::And(a.v[i], hn::Set(BitsTag(), 0xff800000u));
  return r;
}
template <class T>
HWY_INLINE T exponent_value(const LaneBits& a) {
  T r;
  const hn::RebindToSigned<Tag> s;
  INNATE_EACH r.v[i] = hn::ConvertTo(Tag(), hn::ShiftRight<23>(hn::BitCast(s, a.v[i])));
  return r;
}
/// Four floats of each of four lines, turned: the lines of `out` are m apart.
HWY_INLINE void transpose_four(const float* a, const float* b, const float* c, const float* d, float* out,
                               int64_t m) {
#if HWY_TARGET == HWY_SCALAR
  for (int j = 0; j < 4; ++j)
    out[j * m] = a[j], out[j * m + 1] = b[j], out[j * m + 2] = c[j], out[j * m + 3] = d[j];
#else
  const hn::FixedTag<float, 4> four;
  const hn::FixedTag<double, 2> two;
  const auto u = hn::LoadU(four, a), v = hn::LoadU(four, b), w = hn::LoadU(four, c), x = hn::LoadU(four, d);
  const auto uv = hn::BitCast(two, hn::InterleaveLower(four, u, v)),
             wx = hn::BitCast(two, hn::InterleaveLower(four, w, x)),
             uv_upper = hn::BitCast(two, hn::InterleaveUpper(four, u, v)),
             wx_upper = hn::BitCast(two, hn::InterleaveUpper(four, w, x));
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(two, uv, wx)), four, out);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(two, uv, wx)), four, out + m);
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(two, uv_upper, wx_upper)), four, out + 2 * m);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(two, uv_upper, wx_upper)), four, out + 3 * m);
#endif
}
#undef INNATE_EACH

#define INNATE_FORMULA HWY_INLINE
#include "kernels/core/math_formulas.inc"
#undef INNATE_FORMULA

}  // namespace HWY_NAMESPACE
}  // namespace innate
HWY_AFTER_NAMESPACE();

#endif  // INNATE_SIMD_H_
