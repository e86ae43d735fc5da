#include "innate/engine/dataset.h"

#include <limits>
#include <utility>

#include "innate/kernels/random.h"
#include "kernels/core/check.h"

namespace innate::engine {

void Dataset::check() const {
  const std::string set = "the set '" + name + "'";
  require(count >= 1, set, " has ", count, " images; at least 1 is needed");
  require(height >= 1 && width >= 1 && channels >= 1, set, " has images of ", height, " x ", width, " x ",
          channels, "; all three must be at least 1");
  const double numbers = static_cast<double>(height) * width * channels;
  require(numbers <= std::numeric_limits<int>::max(), set, " has images of ", height, " x ", width, " x ",
          channels, ", ", numbers, " numbers; at most ", std::numeric_limits<int>::max(), " are possible");
  const auto expected = static_cast<std::size_t>(count) * static_cast<std::size_t>(pixels());
  require(images.size() == expected, set, " has ", images.size(), " numbers in its images; ", count,
          " images of ", height, " x ", width, " x ", channels, " have ", expected);
  require(labels.size() == static_cast<std::size_t>(count), set, " has ", labels.size(), " labels for ",
          count, " images");
  require(classes >= 1 && classes <= 256, set, " has ", classes, " classes; 1 to 256 are possible");
  for (std::size_t i = 0; i < labels.size(); ++i)
    require(labels[i] < classes, set, ": the label of image ", i, " is ", int{labels[i]}, "; those of ",
            classes, " classes are 0 to ", classes - 1);
}

void hold_out(DatasetPair* pair, int images) {
  Dataset& all = pair->train;
  all.check();
  require(images >= 1 && images < all.count, images, " images are to be held out of ", all.count,
          " training images; at least 1 can be, and at least 1 must be left");
  const random::EpochOrder order(0, 0, static_cast<std::uint32_t>(all.count));
  std::vector<bool> out(static_cast<std::size_t>(all.count));
  for (int i = 0; i < images; ++i) out[order(static_cast<std::uint32_t>(i))] = true;
  Dataset left = all, held = all;
  for (Dataset* part : {&left, &held}) part->count = 0, part->images.clear(), part->labels.clear();
  const auto pixels = static_cast<std::ptrdiff_t>(all.pixels());
  for (int i = 0; i < all.count; ++i) {
    Dataset& to = out[static_cast<std::size_t>(i)] ? held : left;
    const auto from = all.images.begin() + i * pixels;
    to.images.insert(to.images.end(), from, from + pixels);
    to.labels.push_back(all.labels[static_cast<std::size_t>(i)]);
    ++to.count;
  }
  held.name += ", held out";
  pair->train = std::move(left), pair->held = std::move(held);
}

}  // namespace innate::engine
