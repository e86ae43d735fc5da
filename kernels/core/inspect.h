// INNATE_CHECK=1: what an entry is given is looked at, at the cost of waiting for the device and of reading
// offsets, labels and rates.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "innate/kernels/context.h"
#include "kernels/core/check.h"

namespace innate {

/// Whether INNATE_CHECK is set to anything but 0: read once. Tests set it.
bool& inspecting();

/// The arrays of an entry's call: each one's bytes, replica by replica. Nothing is noted unless inspecting.
class Inspection {
 public:
  Inspection(Context& context, const char* entry, int replicas)
      : context_(context), entry_(entry), replicas_(inspecting() ? replicas : 0) {}

  /// elements(replica): how many it has.
  template <class T, class Elements>
  Inspection& in(const char* what, const Ragged<T>& view, const Elements& elements) {
    return add(what, view, elements, false);
  }
  template <class T, class Elements>
  Inspection& out(const char* what, const Ragged<T>& view, const Elements& elements) {
    return add(what, view, elements, true);
  }
  /// One element a replica.
  template <class T>
  Inspection& each(const char* what, const T* data) {
    return add(
        what, Ragged<const T>{data, 1, nullptr}, [](int) { return int64_t{1}; }, false);
  }
  /// One array for all.
  template <class T>
  Inspection& all(const char* what, const T* data, int64_t elements) {
    if (replicas_ > 0 && data) ranges_.push_back({what, 0, begin_of(data), bytes_of<T>(elements), false});
    return *this;
  }
  Inspection& data(const Inputs& inputs, int64_t rows, int64_t columns);
  Inspection& workspace(void* begin, std::size_t bytes) {
    return add(
        "workspace", Ragged<unsigned char>{static_cast<unsigned char*>(begin), 0, nullptr},
        [bytes](int) { return static_cast<int64_t>(bytes); }, true);
  }
  /// `may_be`: the input that the output may be the same memory as.
  Inspection& may_be(const char* output, const char* input) {
    allowed_ = output, allowed_input_ = input;
    return *this;
  }

  /// Elements of every replica are below `end`.
  template <class T, class Elements>
  Inspection& below(const char* what, const Ragged<const T>& view, const Elements& elements, int64_t end) {
    for (int r = 0; r < replicas_ && view; ++r) {
      const std::vector<T> found = read(at(view, r), elements(r));
      for (std::size_t i = 0; i < found.size(); ++i)
        require(static_cast<int64_t>(found[i]) < end, entry_, ": INNATE_CHECK: ", what, " of replica ", r,
                " holds ", static_cast<int64_t>(found[i]), " at ", i, ", must be below ", end);
    }
    return *this;
  }
  /// Numbers of all replicas, one each, are finite and not negative.
  Inspection& rates(const char* what, const float* data);
  /// What lies on both sides is the same.
  Inspection& extents(const char* what, const Extents& extents);

  /// Throws Error where an output overlaps with anything else.
  void separate() const;

 private:
  struct Range {
    const char* what;
    int replica;
    std::uintptr_t begin;
    std::size_t bytes;
    bool written;
  };

  template <class T>
  static std::uintptr_t begin_of(const T* data) {
    return reinterpret_cast<std::uintptr_t>(data);
  }
  template <class T>
  static std::size_t bytes_of(int64_t elements) {
    return static_cast<std::size_t>(elements) * sizeof(T);
  }
  template <class T>
  std::vector<T> read(const T* from, int64_t count) {
    std::vector<T> host(static_cast<std::size_t>(count));
    context_.download(host.data(), from, host.size() * sizeof(T));
    return host;
  }
  template <class T>
  const T* at(const Ragged<T>& view, int replica) {
    return view.data + (view.offset ? read(view.offset + replica, 1)[0] : replica * view.stride);
  }
  template <class T, class Elements>
  Inspection& add(const char* what, const Ragged<T>& view, const Elements& elements, bool written) {
    const bool one = !view.offset && view.stride == 0;  // for all
    for (int r = 0; r < (one ? std::min(1, replicas_) : replicas_) && view; ++r)
      ranges_.push_back({what, r, begin_of(at(view, r)), bytes_of<T>(elements(r)), written});
    return *this;
  }
  bool allowed(const Range& a, const Range& b) const;

  Context& context_;
  const char* entry_;
  int replicas_;
  std::vector<Range> ranges_;
  const char *allowed_ = nullptr, *allowed_input_ = nullptr;
};

}  // namespace innate
