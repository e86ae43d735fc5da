#include "kernels/core/inspect.h"

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

Inspection& Inspection::data(const Inputs& inputs, int64_t rows, int64_t columns) {
  const auto all_rows = [=](int) { return rows * columns; };
  in("inputs.values", inputs.values, all_rows).in("inputs.pixels", inputs.pixels, all_rows);
  const auto of_rows = [=](int) { return rows; };
  if (inputs.count > 0) below("inputs.rows", inputs.rows, of_rows, inputs.count);
  return in("inputs.rows", inputs.rows, of_rows);
}

Inspection& Inspection::rates(const char* what, const float* data) {
  if (replicas_ == 0) return *this;
  const std::vector<float> found = read(data, replicas_);
  for (std::size_t r = 0; r < found.size(); ++r)
    require(std::isfinite(found[r]) && found[r] >= 0, entry_, ": INNATE_CHECK: ", what, " of replica ", r,
            " is ", found[r], ", must be finite and not negative");
  return each(what, data);
}

Inspection& Inspection::extents(const char* what, const Extents& extents) {
  if (replicas_ == 0 || !extents.host || !extents.each) return *this;
  const std::vector<int64_t> found = read(extents.each, replicas_);
  for (int r = 0; r < replicas_; ++r)
    require(found[static_cast<std::size_t>(r)] == extents.host[r], entry_, ": INNATE_CHECK: ", what,
            " of replica ", r, " is ", extents.host[r], " in host, but ", found[static_cast<std::size_t>(r)],
            " in each");
  return *this;
}

/// An output that is exactly where the input that it may be is.
bool Inspection::allowed(const Range& a, const Range& b) const {
  if (!allowed_ || a.begin != b.begin || a.bytes != b.bytes || a.replica != b.replica) return false;
  const auto named = [](const Range& range, const char* what) { return std::strcmp(range.what, what) == 0; };
  return (named(a, allowed_) && named(b, allowed_input_)) || (named(b, allowed_) && named(a, allowed_input_));
}

void Inspection::separate() const {
  std::vector<Range> sorted = ranges_;
  std::sort(sorted.begin(), sorted.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
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
