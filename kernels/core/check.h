// Argument checks of the public entries: a message holds what was wrong and the sizes.
#pragma once

#include <cmath>
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

/// The extents as an implementation reads them: on the CPU from `host` alone.
inline Extents require_extents(const Context& context, const char* entry, const char* what,
                               const Extents& extents, int replicas) {
  require_sizes(entry, what, extents, replicas);
  if (context.backend() == Backend::cpu) {
    require(extents.host || !extents.each, entry, ": ", what,
            ": host and each must both be given or both be null");
    return {extents.most, extents.host, extents.host};
  }
  require((extents.host == nullptr) == (extents.each == nullptr), entry, ": ", what,
          ": host and each must both be given or both be null");
  require(!extents.each || extents.each != extents.host, entry, ": ", what,
          ": each is host memory (the same as host), must be in memory of the device");
  return extents;
}

/// The largest extent of a replica that another follows.
inline int64_t largest_followed(const Extents& extents, int replicas) {
  int64_t most = extents.host ? 0 : extents.most;
  for (int r = 0; extents.host && r + 1 < replicas; ++r)
    most = extents.host[r] > most ? extents.host[r] : most;
  return most;
}

inline void require_pointer(const char* entry, const char* what, bool given) {
  require(given, entry, ": ", what, " is null");
}

/// The views that an entry is given. `elements`: of a replica that another follows.
struct Views {
  const char* entry;
  int replicas;

  template <class T>
  const Views& maybe_in(const char* what, const Ragged<T>& view, int64_t elements) const {
    if (view && !view.offset && replicas > 1)
      require(view.stride == 0 || (view.stride >= elements && view.stride <= kMostElements), entry, ": ",
              what, ": stride is ", view.stride, ", must be 0 (one array for all replicas) or at least ",
              elements, ", the elements of a replica");
    return *this;
  }
  template <class T>
  const Views& maybe_out(const char* what, const Ragged<T>& view, int64_t elements) const {
    if (view && !view.offset && replicas > 1)
      require(view.stride >= elements && view.stride <= kMostElements, entry, ": ", what, ": stride is ",
              view.stride, ", must be at least ", elements, ", the elements of a replica: ", replicas,
              " replicas cannot write to the same memory");
    return *this;
  }
  template <class T>
  const Views& in(const char* what, const Ragged<T>& view, int64_t elements) const {
    require_pointer(entry, what, static_cast<bool>(view));
    return maybe_in(what, view, elements);
  }
  template <class T>
  const Views& out(const char* what, const Ragged<T>& view, int64_t elements) const {
    require_pointer(entry, what, static_cast<bool>(view));
    return maybe_out(what, view, elements);
  }
};

inline void require_inputs(const Context& context, const char* entry, const Inputs& inputs, int replicas,
                           int64_t rows, int64_t columns) {
  const int given =
      static_cast<bool>(inputs.values) + static_cast<bool>(inputs.pixels) + static_cast<bool>(inputs.rows);
  require(given == 1, entry,
          ": inputs must be either float values or pixels or rows of a set, exactly one of them");
  require_pointer(entry, "inputs.lists.entries, but not inputs.lists.start,",
                  !inputs.lists.start || inputs.lists.entries);
  const bool listed = inputs.lists.start && context.backend() == Backend::cpu;
  require(!inputs.rows || inputs.images || listed, entry, ": inputs.rows needs inputs.images",
          context.backend() == Backend::cpu ? " or inputs.lists" : "");
  require(inputs.values || std::isfinite(inputs.scale), entry, ": inputs.scale is ", inputs.scale,
          ", must be finite");
  require(inputs.count >= 0, entry, ": inputs.count is ", inputs.count,
          ", must be at least 1, or 0: not known");
  const int64_t elements = require_elements(entry, "rows x inputs", rows, columns);
  Views{entry, replicas}
      .maybe_in("inputs.values", inputs.values, elements)
      .maybe_in("inputs.pixels", inputs.pixels, elements)
      .maybe_in("inputs.rows", inputs.rows, rows);
}

inline void require_workspace(const char* entry, const void* workspace, std::size_t given,
                              std::size_t needed) {
  require(given >= needed, entry, ": workspace has ", given, " bytes, needs ", needed);
  require(needed == 0 || workspace != nullptr, entry, ": workspace is null, needs ", needed, " bytes");
  require(reinterpret_cast<std::uintptr_t>(workspace) % 256 == 0, entry,
          ": workspace is not aligned to 256 bytes");
}

}  // namespace innate
