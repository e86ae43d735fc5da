#include <cstdio>
#include <numeric>

#include "innate/engine/task.h"
#include "innate/kernels/batch.h"

namespace innate::engine {

DeviceImages::DeviceImages(Context& context, const Dataset& set)
    : count_(set.count),
      pixels_(set.pixels()),
      density_(batch::density(set.images.data(), set.images.size())),
      labels_(context, set.labels) {
  std::vector<std::uint32_t> in_order(static_cast<std::size_t>(count_));
  std::iota(in_order.begin(), in_order.end(), 0u);
  in_order_ = Buffer<std::uint32_t>(context, in_order);
  const bool listed = batch::lists_pay(context.backend(), density_);
  if (!listed || context.backend() == Backend::cuda) images_ = Buffer<std::uint8_t>(context, set.images);
  if (!listed) return;
  std::vector<std::int64_t> start;
  std::vector<std::uint32_t> entries;
  batch::list_pixels(set.images.data(), set.count, set.pixels(), &start, &entries);
  start_ = Buffer<std::int64_t>(context, start);
  if (entries.empty()) entries.push_back(0);  // images that are all 0 have no entry, but lists need a place
  entries_ = Buffer<std::uint32_t>(context, entries);
}

std::string DeviceImages::form() const {
  char text[80];
  std::snprintf(text, sizeof text,
                start_.data() ? "lists of the %.1f %% of pixels that are not 0"
                              : "images, %.1f %% of whose pixels are not 0",
                100 * density_);
  return text;
}

}  // namespace innate::engine
