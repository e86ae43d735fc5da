#include "innate/kernels/batch.h"

#include <algorithm>

#include "kernels/batch/call.h"
#include "kernels/core/choose.h"

namespace innate::batch {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kGathers[] =
    INNATE_IMPLEMENTATIONS(gather, "cuda, one row a block", "cpu, one replica a core");
constexpr Implementation<Run> kChooses[] =
    INNATE_IMPLEMENTATIONS(choose, "cuda, one replica a block", "cpu, one replica a core");

Calls check(const char* entry, const Shape& shape, int64_t step) {
  require_positive(entry, "replicas", shape.replicas);
  require_positive(entry, "rows", shape.rows);
  require_positive(entry, "pixels", shape.pixels);
  require(shape.samples >= shape.rows, entry, ": ", shape.samples, " samples do not fill a batch of ",
          shape.rows);
  require(step >= 0, entry, ": step is ", step, ", must be at least 0");
  Calls call{};
  call.shape = shape;
  call.step = step;
  return call;
}

}  // namespace

void gather(Context& context, const Shape& shape, const uint8_t* images, const uint8_t* labels,
            const uint64_t* seeds, int64_t step, Ragged<uint8_t> out_images, Ragged<uint8_t> out_labels) {
  Calls call = check("batch/gather", shape, step);
  require(images && labels && seeds && out_images && out_labels, "batch/gather: a pointer is null");
  call.images = images, call.labels = labels, call.seeds = seeds, call.out_images = out_images,
  call.out_labels = out_labels;
  run_first("batch/gather", kGathers, context, "", call);
}

void choose(Context& context, const Shape& shape, const uint8_t* labels, const uint64_t* seeds, int64_t step,
            Ragged<uint32_t> out_rows, Ragged<uint8_t> out_labels) {
  Calls call = check("batch/choose", shape, step);
  require(labels && seeds && out_rows && out_labels, "batch/choose: a pointer is null");
  call.labels = labels, call.seeds = seeds, call.out_rows = out_rows, call.out_labels = out_labels;
  run_first("batch/choose", kChooses, context, "", call);
}

void list_pixels(const uint8_t* images, int64_t count, int64_t pixels, std::vector<int64_t>* start,
                 std::vector<uint32_t>* entries) {
  require(pixels < (int64_t{1} << 24), "batch/list_pixels: ", pixels,
          " pixels an image; a place must be below 2^24");
  start->assign(1, 0);
  entries->clear();
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t p = 0; p < pixels; ++p) {
      const uint8_t pixel = images[i * pixels + p];
      if (pixel) entries->push_back(static_cast<uint32_t>(p) << 8 | pixel);
    }
    start->push_back(static_cast<int64_t>(entries->size()));
  }
}

bool lists_pay(Backend backend, double density) {
  // CPU: measured with 9 to 26 genes (lists and images break even at 0.25 to 0.31). CUDA: by counting
  // instructions.
  return density < (backend == Backend::cpu ? 0.27 : 0.6);
}

double density(const uint8_t* pixels, std::size_t count) {
  require(count > 0, "batch/density: there are no pixels");
  const auto zeros = std::count(pixels, pixels + count, uint8_t{0});
  return static_cast<double>(count - static_cast<std::size_t>(zeros)) / static_cast<double>(count);
}

}  // namespace innate::batch
