#include "kernels/core/given.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace innate {

bool& inspecting() {
  static bool set = [] {
    const char* value = std::getenv("INNATE_CHECK");
    return value && *value && std::strcmp(value, "0") != 0;
  }();
  return set;
}

int64_t Elements::followed(int replicas) const {
  if (!(first && first->host) && !(second && second->host)) return of(0);
  int64_t most = 0;
  for (int r = 0; r + 1 < replicas; ++r) most = std::max(most, of(r));
  return most;
}

Extents Given::extents(const char* what, const Extents& extents) {
  require_sizes(entry_, what, extents, replicas_);
  const bool host = context_.backend() == Backend::cpu;
  require((extents.host == nullptr) == (extents.each == nullptr) || (host && extents.host), entry_, ": ",
          what, ": host and each must both be given or both be null");
  if (host) return {extents.most, extents.host, extents.host};
  require(!extents.each || extents.each != extents.host, entry_, ": ", what,
          ": each is host memory (the same as host), must be in memory of the device");
  if (!inspecting() || !extents.each) return extents;
  const std::vector<int64_t> found = read(extents.each, replicas_);
  for (int r = 0; r < replicas_; ++r)
    require(found[static_cast<std::size_t>(r)] == extents.host[r], entry_, ": INNATE_CHECK: ", what,
            " of replica ", r, " is ", extents.host[r], " in host, but ", found[static_cast<std::size_t>(r)],
            " in each");
  return extents;
}

Given& Given::inputs(const Inputs& inputs, int64_t rows, int64_t columns) {
  const int given =
      static_cast<bool>(inputs.values) + static_cast<bool>(inputs.pixels) + static_cast<bool>(inputs.rows);
  require(given == 1, entry_,
          ": inputs must be either float values or pixels or rows of a set, exactly one of them");
  require_pointer(entry_, "inputs.lists.entries, but not inputs.lists.start,",
                  !inputs.lists.start || inputs.lists.entries);
  const bool host = context_.backend() == Backend::cpu;
  require(!inputs.rows || inputs.images || (inputs.lists.start && host), entry_,
          ": inputs.rows needs inputs.images", host ? " or inputs.lists" : "");
  require(inputs.values || std::isfinite(inputs.scale), entry_, ": inputs.scale is ", inputs.scale,
          ", must be finite");
  require(inputs.count >= 0, entry_, ": inputs.count is ", inputs.count,
          ", must be at least 1, or 0: not known");
  const int64_t elements = require_elements(entry_, "rows x inputs", rows, columns);
  maybe_in("inputs.values", inputs.values, elements).maybe_in("inputs.pixels", inputs.pixels, elements);
  maybe_in("inputs.rows", inputs.rows, rows);
  return inputs.count > 0 ? below("inputs.rows", inputs.rows, rows, inputs.count) : *this;
}

Given& Given::workspace(void* begin, std::size_t given, std::size_t needed) {
  require(given >= needed, entry_, ": workspace has ", given, " bytes, needs ", needed);
  require(needed == 0 || begin, entry_, ": workspace is null, needs ", needed, " bytes");
  require(reinterpret_cast<std::uintptr_t>(begin) % 256 == 0, entry_,
          ": workspace is not aligned to 256 bytes");
  return note("workspace", Ragged<unsigned char>{static_cast<unsigned char*>(begin), 0, nullptr},
              static_cast<int64_t>(needed), true);
}

Given& Given::rates(const char* what, const float* data) {
  require_pointer(entry_, what, data != nullptr);
  if (!inspecting()) return *this;
  const std::vector<float> found = read(data, replicas_);
  for (std::size_t r = 0; r < found.size(); ++r)
    require(std::isfinite(found[r]) && found[r] >= 0, entry_, ": INNATE_CHECK: ", what, " of replica ", r,
            " is ", found[r], ", must be finite and not negative");
  return each(what, data);
}

void Given::separate(const char* output, const char* input) const {
  std::vector<Range> sorted = ranges_;
  std::sort(sorted.begin(), sorted.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  // Exactly where it may be.
  const auto allowed = [&](const Range& written, const Range& other) {
    return output && std::strcmp(written.what, output) == 0 && std::strcmp(other.what, input) == 0 &&
           written.begin == other.begin && written.bytes == other.bytes && written.replica == other.replica;
  };
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = i + 1; j < sorted.size() && sorted[j].begin < sorted[i].begin + sorted[i].bytes;
         ++j) {
      const Range &a = sorted[i].written ? sorted[i] : sorted[j],
                  &b = sorted[i].written ? sorted[j] : sorted[i];
      if (!a.written || a.bytes == 0 || b.bytes == 0 || allowed(a, b)) continue;
      const std::size_t shared =
          std::min(sorted[i].begin + sorted[i].bytes, sorted[j].begin + sorted[j].bytes) - sorted[j].begin;
      require(false, entry_, ": INNATE_CHECK: ", a.what, " of replica ", a.replica, " and ", b.what,
              " of replica ", b.replica, " share ", shared, " bytes; what is written may not overlap");
    }
}

}  // namespace innate
