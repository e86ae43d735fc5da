// What a public entry is given: each array is named once, with its elements, and is checked as far as it can
// be without reading it. With INNATE_CHECK=1 it is looked at too, at the cost of waiting for the device and
// of reading offsets, extents, labels and rates.
#pragma once

#include <vector>

#include "innate/kernels/context.h"
#include "innate/kernels/precision.h"
#include "innate/kernels/view.h"
#include "kernels/core/check.h"

namespace innate {

/// Whether INNATE_CHECK is set to anything but 0: read once. Tests set it.
bool& inspecting();

/// How many elements of an array a replica has: a number, times its extent or two, which must outlive this.
struct Elements {
  int64_t number;
  const Extents *first = nullptr, *second = nullptr;

  Elements(int64_t number_, const Extents* first_ = nullptr, const Extents* second_ = nullptr)
      : number(number_), first(first_), second(second_) {}
  int64_t of(int replica) const {
    return number * (first ? first->of(replica) : 1) * (second ? second->of(replica) : 1);
  }
  /// The most of a replica that another follows.
  int64_t followed(int replicas) const;
};

/// Every function throws Error, with the entry's name, what is wrong and the sizes.
class Given {
 public:
  /// `replicas`: at least 1.
  Given(Context& context, const char* entry, int replicas)
      : context_(context), entry_(entry), replicas_(replicas) {}

  const char* entry() const { return entry_; }
  Context& context() const { return context_; }

  /// The extents as an implementation reads them: on the CPU from `host` alone.
  Extents extents(const char* what, const Extents& extents);
  Given& inputs(const Inputs& inputs, int64_t rows, int64_t columns);

  template <class T>
  Given& in(const char* what, const Ragged<T>& view, const Elements& elements) {
    require_pointer(entry_, what, static_cast<bool>(view));
    return maybe_in(what, view, elements);
  }
  template <class T>
  Given& out(const char* what, const Ragged<T>& view, const Elements& elements) {
    require_pointer(entry_, what, static_cast<bool>(view));
    return maybe_out(what, view, elements);
  }
  /// May be null.
  template <class T>
  Given& maybe_in(const char* what, const Ragged<T>& view, const Elements& elements) {
    check_stride(what, view, elements, true);
    return note(what, view, elements, false);
  }
  template <class T>
  Given& maybe_out(const char* what, const Ragged<T>& view, const Elements& elements) {
    check_stride(what, view, elements, false);
    return note(what, view, elements, true);
  }
  /// One element a replica; may be null.
  template <class T>
  Given& each(const char* what, const T* data) {
    return note(what, Ragged<const T>{data, 1, nullptr}, 1, false);
  }
  /// One array for all.
  template <class T>
  Given& all(const char* what, const T* data, int64_t elements) {
    require_pointer(entry_, what, data != nullptr);
    return note(what, Ragged<const T>{data, 0, nullptr}, elements, false);
  }
  /// Has `given` bytes, and `needed` of them are used.
  Given& workspace(void* begin, std::size_t given, std::size_t needed);

  // ---- what only INNATE_CHECK sees

  /// Elements of every replica are below `end`.
  template <class T>
  Given& below(const char* what, const Ragged<const T>& view, const Elements& elements, int64_t end) {
    for (int r = 0; inspecting() && view && r < replicas_; ++r) {
      const std::vector<T> found = read(at(view, r), elements.of(r));
      for (std::size_t i = 0; i < found.size(); ++i)
        require(static_cast<int64_t>(found[i]) < end, entry_, ": INNATE_CHECK: ", what, " of replica ", r,
                " holds ", static_cast<int64_t>(found[i]), " at ", i, ", must be below ", end);
    }
    return *this;
  }
  /// Numbers of all replicas, one each, are finite and not negative.
  Given& rates(const char* what, const float* data);
  /// The last of the checks: no output overlaps with anything else, but `output` may be where `input` is.
  void separate(const char* output = nullptr, const char* input = nullptr) const;

 private:
  struct Range {
    const char* what;
    int replica;
    std::uintptr_t begin;
    std::size_t bytes;
    bool written;
  };

  template <class T>
  void check_stride(const char* what, const Ragged<T>& view, const Elements& elements,
                    bool one_for_all) const {
    if (!view || view.offset || replicas_ == 1 || (one_for_all && view.stride == 0)) return;
    const int64_t needed = elements.followed(replicas_);
    if (view.stride >= needed && view.stride <= kMostElements) return;
    const std::string shared = ": " + text(replicas_) + " replicas cannot write to the same memory";
    require(false, entry_, ": ", what, ": stride is ", view.stride, ", must be ",
            one_for_all ? "0 (one array for all replicas) or " : "", "at least ", needed,
            ", the elements of a replica", one_for_all ? "" : shared);
  }
  template <class T>
  std::vector<T> read(const T* from, int64_t count) const {
    std::vector<T> host(static_cast<std::size_t>(count));
    context_.download(host.data(), from, host.size() * sizeof(T));
    return host;
  }
  template <class T>
  const T* at(const Ragged<T>& view, int replica) const {
    return view.data + (view.offset ? read(view.offset + replica, 1)[0] : replica * view.stride);
  }
  template <class T>
  Given& note(const char* what, const Ragged<T>& view, const Elements& elements, bool written) {
    if (!inspecting() || !view) return *this;
    const bool one = !view.offset && view.stride == 0;  // for all
    for (int r = 0; r < (one ? 1 : replicas_); ++r)
      ranges_.push_back({what, r, reinterpret_cast<std::uintptr_t>(at(view, r)),
                         static_cast<std::size_t>(elements.of(r)) * sizeof(T), written});
    return *this;
  }

  Context& context_;
  const char* entry_;
  int replicas_;
  std::vector<Range> ranges_;
};

/// An entry's beginning: nothing that it is given is looked at before check(entry, shape) has found its sizes
/// right.
template <class Shape, class Check>
Given begin(Context& context, const char* entry, const Shape& shape, const Check& check) {
  check(entry, shape);
  if constexpr (requires { shape.precision; })
    require(shape.precision != Precision::library || context.backend() == Backend::cpu, entry,
            ": precision is library: on CUDA only programs give products to cuBLASLt");
  return {context, entry, shape.replicas};
}

}  // namespace innate
