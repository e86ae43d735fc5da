// IDX files of images and of labels, plain, .gz or .xz.
#include "host/data/idx.h"

#include <cstdlib>

#include "fuzz/packed.h"
#include "host/data/data_error.h"

namespace {

using namespace innate;

void check(const host::IdxFile& file, std::size_t dimensions) {
  std::size_t product = 1;
  for (const int extent : file.extents) {
    if (extent < 1) std::abort();
    product *= static_cast<std::size_t>(extent);
  }
  if (file.extents.size() != dimensions || file.values.size() != product) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(host::read_idx_images(*fuzz::source({data, size}), "images"), 3);
  } catch (const host::DataError&) {
  }
  try {
    check(host::read_idx_labels(*fuzz::source({data, size}), "labels"), 1);
  } catch (const host::DataError&) {
  }
  return 0;
}
