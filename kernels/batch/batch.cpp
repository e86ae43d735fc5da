#include "innate/kernels/batch.h"

#include <algorithm>

#include "kernels/batch/call.h"
#include "kernels/core/choose.h"

namespace innate::batch {

namespace {

constexpr Implementation<void(Context&, const Call&)> kGathers[] = {
#if INNATE_CUDA
    {"cuda, one row a block", Backend::cuda, cuda::gather},
#endif
    {"cpu, one replica a core", Backend::cpu, cpu::gather},
};

}  // namespace

void gather(Context& context, const Shape& shape, const uint8_t* images, const uint8_t* labels, const uint64_t* seeds,
            int64_t step, Ragged<uint8_t> out_images, Ragged<uint8_t> out_labels) {
  const char* entry = "batch/gather";
  require_positive(entry, "replicas", shape.replicas);
  require_positive(entry, "rows", shape.rows);
  require_positive(entry, "pixels", shape.pixels);
  require(shape.samples >= shape.rows, entry, ": ", shape.samples, " samples do not fill a batch of ", shape.rows);
  require(step >= 0, entry, ": step is ", step, ", must be at least 0");
  require(images && labels && seeds && out_images && out_labels, entry, ": a pointer is null");
  const int64_t batches = shape.samples / shape.rows;
  const Call call{shape, images, labels, seeds, static_cast<uint32_t>(step / batches),
                  static_cast<uint32_t>(step % batches * shape.rows), out_images, out_labels};
  run_first(entry, kGathers, context, "", call);
}

double density(const uint8_t* pixels, std::size_t count) {
  require(count > 0, "batch/density: there are no pixels");
  const auto zeros = std::count(pixels, pixels + count, uint8_t{0});
  return static_cast<double>(count - static_cast<std::size_t>(zeros)) / static_cast<double>(count);
}

}  // namespace innate::batch
