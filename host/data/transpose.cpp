#include "host/data/transpose.h"

#include <algorithm>
#include <utility>

namespace innate::host {

void transpose(engine::Dataset* set) {
  const std::size_t height = static_cast<std::size_t>(set->height),
                    width = static_cast<std::size_t>(set->width),
                    channels = static_cast<std::size_t>(set->channels), pixels = height * width * channels;
  std::vector<std::uint8_t> stored(pixels);
  for (auto image = set->images.begin(); image != set->images.end();
       image += static_cast<std::ptrdiff_t>(pixels)) {
    std::copy_n(image, pixels, stored.begin());
    auto to = image;
    for (std::size_t w = 0; w < width; ++w)
      for (std::size_t h = 0; h < height; ++h)
        to = std::copy_n(&stored[(h * width + w) * channels], channels, to);
  }
  std::swap(set->height, set->width);
}

std::string transposition_hint(const engine::Dataset& set) {
  if (!set.name.starts_with("emnist")) return "";
  return set.name +
         ": EMNIST's images are published with rows and columns exchanged; \"transpose\": true in the task "
         "stands them upright";
}

}  // namespace innate::host
