#include "innate/engine/task.h"
#include "innate/kernels/batch.h"

namespace innate::engine {

DeviceImages::DeviceImages(Context& context, const Dataset& set)
    : count_(set.count),
      pixels_(set.pixels()),
      density_(batch::density(set.images.data(), set.images.size())),
      images_(context, set.images),
      labels_(context, set.labels) {}

}  // namespace innate::engine
