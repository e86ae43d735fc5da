#include "innate/kernels/batch.h"

#include <algorithm>

#include "kernels/batch/call.h"
#include "kernels/core/choose.h"
#include "kernels/core/given.h"

namespace innate::batch {

namespace {

using Run = void(Context&, const Calls&);
constexpr Implementation<Run> kGathers[] =
    INNATE_IMPLEMENTATIONS(gather, "cuda, one row a block", "cpu, one replica a core");
constexpr Implementation<Run> kChooses[] =
    INNATE_IMPLEMENTATIONS(choose, "cuda, one replica a block", "cpu, one replica a core");

void check_sizes(const char* entry, const Shape& shape, int64_t step) {
  require_positive(entry, "replicas", shape.replicas);
  require_positive(entry, "rows", shape.rows);
  require_positive(entry, "pixels", shape.pixels);
  require(shape.samples >= shape.rows, entry, ": ", shape.samples, " samples do not fill a batch of ",
          shape.rows);
  require(step >= 0, entry, ": step is ", step, ", must be at least 0");
  const int64_t batches = shape.samples / shape.rows, epoch = step / batches;
  require(epoch <= UINT32_MAX, entry, ": step ", step, " is in epoch ", epoch, " of ", batches,
          " steps each, must be before epoch 2^32");
  require_elements(entry, "rows x pixels", shape.rows, shape.pixels);
}

/// What both entries have.
Calls call_of(Given& given, const Shape& shape, const uint8_t* labels, const uint64_t* seeds, int64_t step,
              Ragged<uint8_t> out_labels) {
  require_pointer(given.entry(), "seeds", seeds != nullptr);
  given.all("labels", labels, shape.samples).each("seeds", seeds).out("out_labels", out_labels, shape.rows);
  Calls call{};
  call.shape = shape, call.step = step;
  call.labels = labels, call.seeds = seeds, call.out_labels = out_labels;
  return call;
}

}  // namespace

void gather(Context& context, const Shape& shape, const uint8_t* images, const uint8_t* labels,
            const uint64_t* seeds, int64_t step, Ragged<uint8_t> out_images, Ragged<uint8_t> out_labels) {
  const char* entry = "batch/gather";
  check_sizes(entry, shape, step);
  Given given(context, entry, shape.replicas);
  Calls call = call_of(given, shape, labels, seeds, step, out_labels);
  const int64_t pixels = shape.pixels;
  given.all("images", images, shape.samples * pixels)
      .out("out_images", out_images, shape.rows * pixels)
      .separate();
  call.images = images, call.out_images = out_images;
  run_first(entry, kGathers, context, "", call);
}

void choose(Context& context, const Shape& shape, const uint8_t* labels, const uint64_t* seeds, int64_t step,
            Ragged<uint32_t> out_rows, Ragged<uint8_t> out_labels) {
  const char* entry = "batch/choose";
  check_sizes(entry, shape, step);
  Given given(context, entry, shape.replicas);
  Calls call = call_of(given, shape, labels, seeds, step, out_labels);
  given.out("out_rows", out_rows, shape.rows).separate();
  call.out_rows = out_rows;
  run_first(entry, kChooses, context, "", call);
}

void list_pixels(const uint8_t* images, int64_t count, int64_t pixels, std::vector<int64_t>* start,
                 std::vector<uint32_t>* entries) {
  const char* entry = "batch/list_pixels";
  require(count >= 0, entry, ": count is ", count, ", must be at least 0");
  require_positive(entry, "pixels", pixels);
  require(pixels < (int64_t{1} << 24), entry, ": ", pixels, " pixels an image; a place must be below 2^24");
  require_elements(entry, "count x pixels", count, pixels);
  require_pointer(entry, "images", images || count == 0);
  require_pointer(entry, "start", start != nullptr);
  require_pointer(entry, "entries", entries != nullptr);
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
  require_pointer("batch/density", "pixels", pixels != nullptr);
  const auto zeros = std::count(pixels, pixels + count, uint8_t{0});
  return static_cast<double>(count - static_cast<std::size_t>(zeros)) / static_cast<double>(count);
}

}  // namespace innate::batch
