// Argument checks of the public entries: a message holds what was wrong and the sizes.
#pragma once

#include <cstdint>
#include <string>

#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate {

inline std::string text(const char* s) { return s; }
inline std::string text(const std::string& s) { return s; }
template <class Number>
std::string text(Number n) {
  return std::to_string(n);
}

/// Throws Error with the parts joined, unless `condition` holds.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) throw Error((text(parts) + ...));
}

inline void require_positive(const char* entry, const char* what, int64_t value) {
  require(value > 0, entry, ": ", what, " is ", value, ", must be at least 1");
}

/// No array has more elements: 64 TiB of floats. A few such sizes can be added and multiplied by 4 in 64
/// bits.
constexpr int64_t kMostElements = int64_t{1} << 44;

/// Neither of which is negative. Returns their product.
inline int64_t require_elements(const char* entry, const char* what, int64_t a, int64_t b) {
  require(b == 0 || a <= kMostElements / b, entry, ": ", what, ": ", a, " x ", b,
          " elements are more than the ", kMostElements, " that an array can have");
  return a * b;
}

/// The bytes of a workspace of so many floats (not negative) for each replica.
inline std::size_t require_bytes(const char* entry, int replicas, int64_t floats) {
  require(floats <= (int64_t{1} << 60) / replicas, entry, ": a workspace of ", floats, " floats for each of ",
          replicas, " replicas is larger than memory can be");
  return sizeof(float) * static_cast<std::size_t>(floats) * static_cast<std::size_t>(replicas);
}

/// What follows from the numbers alone, where no context is at hand.
inline void require_sizes(const char* entry, const char* what, const Extents& extents, int replicas) {
  require_positive(entry, what, extents.most);
  require_elements(entry, what, extents.most, 1);
  for (int r = 0; extents.host && r < replicas; ++r)
    require(extents.host[r] > 0 && extents.host[r] <= extents.most, entry, ": ", what, " of replica ", r,
            " is ", extents.host[r], ", must be 1 to ", extents.most, " (the largest, as given)");
}

inline void require_pointer(const char* entry, const char* what, bool given) {
  require(given, entry, ": ", what, " is null");
}

}  // namespace innate
