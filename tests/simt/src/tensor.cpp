#include "simt/tensor.h"

#include <bit>
#include <cmath>

#include "block.h"
#include "warp.h"

namespace simt {
namespace detail {
namespace {

struct Fragments {
  float* c;
  const std::uint32_t *a, *b;
};

float tf32(std::uint32_t bits) {
  return std::bit_cast<float>(bits & 0xffffe000u);
}  // the rest is not looked at
float bf16(std::uint32_t bits) { return std::bit_cast<float>(bits << 16); }

/// C += A B of a warp; spread(fragments, g, t, a, b) says where a lane's registers belong.
template <int K, class Spread>
void multiply(LaneValue* const (&values)[32], const Spread& spread) {
  float a[16][K], b[K][8];
  const auto of = [&](int lane) { return reinterpret_cast<const Fragments*>(values[lane]->in); };
  for (int lane = 0; lane < 32; ++lane) spread(*of(lane), lane / 4, lane % 4, a, b);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
      float& c = of(lane)->c[i];
      double sum = c;
      for (int k = 0; k < K; ++k) sum += static_cast<double>(a[row][k]) * b[k][column];
      c = static_cast<float>(sum);
    }
}

void multiply_tf32(LaneValue* const (&values)[32], unsigned) {
  multiply<8>(values, [](const Fragments& of, int g, int t, auto& a, auto& b) {
    for (int i = 0; i < 4; ++i) a[g + 8 * (i % 2)][t + 4 * (i / 2)] = tf32(of.a[i]);
    for (int i = 0; i < 2; ++i) b[t + 4 * i][g] = tf32(of.b[i]);
  });
}

void multiply_bf16(LaneValue* const (&values)[32], unsigned) {
  multiply<16>(values, [](const Fragments& of, int g, int t, auto& a, auto& b) {
    for (int half = 0; half < 2; ++half) {
      for (int i = 0; i < 4; ++i) a[g + 8 * (i % 2)][2 * t + 8 * (i / 2) + half] = bf16(of.a[i] >> 16 * half);
      for (int i = 0; i < 2; ++i) b[2 * t + 8 * i + half][g] = bf16(of.b[i] >> 16 * half);
    }
  });
}

void multiply(const char* operation, Fragments fragments, Site site, Combine combine) {
  LibraryScope scope;
  const Warp& warp = running.warps[static_cast<std::size_t>(running.current->linear / 32)];
  if (warp.exist != ~0u) fail(to_string(site) + ": " + operation + " in a warp of fewer than 32 threads");
  LaneValue value{reinterpret_cast<std::uintptr_t>(&fragments), 0, 0};
  warp_operation(operation, ~0u, value, site, combine);
}

std::uint32_t bf16_of(float value) {
  if (std::isnan(value)) return 0x7fff;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

}  // namespace
}  // namespace detail

void mma_tf32(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const char* file,
              int line) {
  detail::multiply("mma_tf32", {c, a, b}, {file, line}, detail::multiply_tf32);
}

void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const char* file,
              int line) {
  detail::multiply("mma_bf16", {c, a, b}, {file, line}, detail::multiply_bf16);
}

std::uint32_t tf32_of(float value) {
  if (std::isnan(value)) return 0x7fffffff;
  return (std::bit_cast<std::uint32_t>(value) + 0x1000) & 0xffffe000u;
}

std::uint32_t bf16_pair(float low, float high) { return detail::bf16_of(high) << 16 | detail::bf16_of(low); }

}  // namespace simt
