#include "innate/engine/dataset.h"

#include <limits>

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

}  // namespace innate::engine
