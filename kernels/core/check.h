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

inline void require_extents(const char* entry, const char* what, const Extents& extents, int replicas) {
  require_positive(entry, what, extents.most);
  require((extents.host == nullptr) == (extents.each == nullptr), entry, ": ", what,
          ": host and each must both be given or both be null");
  for (int r = 0; extents.host && r < replicas; ++r)
    require(extents.host[r] > 0 && extents.host[r] <= extents.most, entry, ": ", what, " of replica ", r,
            " is ", extents.host[r], ", must be 1 to ", extents.most, " (the largest, as given)");
}

inline void require_pointer(const char* entry, const char* what, bool given) {
  require(given, entry, ": ", what, " is null");
}

inline void require_inputs(const Context& context, const char* entry, const Inputs& inputs) {
  const int given =
      static_cast<bool>(inputs.values) + static_cast<bool>(inputs.pixels) + static_cast<bool>(inputs.rows);
  require(given == 1, entry,
          ": inputs must be either float values or pixels or rows of a set, exactly one of them");
  require_pointer(entry, "inputs.lists.entries, but not inputs.lists.start,",
                  !inputs.lists.start || inputs.lists.entries);
  const bool listed = inputs.lists.start && context.backend() == Backend::cpu;
  require(!inputs.rows || inputs.images || listed, entry, ": inputs.rows needs inputs.images",
          context.backend() == Backend::cpu ? " or inputs.lists" : "");
}

inline void require_workspace(const char* entry, const void* workspace, std::size_t given,
                              std::size_t needed) {
  require(given >= needed, entry, ": workspace has ", given, " bytes, needs ", needed);
  require(needed == 0 || workspace != nullptr, entry, ": workspace is null, needs ", needed, " bytes");
  require(reinterpret_cast<std::uintptr_t>(workspace) % 256 == 0, entry,
          ": workspace is not aligned to 256 bytes");
}

}  // namespace innate
