// Files of CIFAR-10's binary version, plain, .gz or .xz.
#include "host/data/set_format.h"

#include <cstdlib>

#include "fuzz/packed.h"
#include "host/data/data_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innate;
  try {
    const host::SetPart part = host::read_cifar10(*fuzz::source({data, size}), "data_batch_1.bin");
    const auto count = static_cast<std::size_t>(part.count);
    if (count < 1 || part.images.size() != count * 32 * 32 * 3 || part.labels.size() != count) std::abort();
    for (const std::uint8_t label : part.labels)
      if (label > 9) std::abort();
  } catch (const host::DataError&) {
  }
  return 0;
}
