// Batch: the mini-batch that each replica sees at a step, gathered from a data set of 8-bit images.
//
// Step t of a replica takes positions [p*B, (p+1)*B) of the order of epoch e, where e = t / (N / B) and p = t
// % (N / B) (whole batches only: what is left at the end of an epoch is dropped, as in the code of Barabasi
// 2023). The order is random::EpochOrder(seed, e, N), so it depends on the replica's own seed and on nothing
// else.
#pragma once

#include <vector>

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::batch {

struct Shape {
  int replicas = 0;
  int rows = 0;     // B
  int pixels = 0;   // per image
  int samples = 0;  // N >= B
};

/// images: N x pixels, labels: N, shared by all replicas; seeds: one a replica. Writes out_images (B x
/// pixels) and out_labels (B) of every replica. Nothing may alias. No workspace. Throws Error where rows,
/// pixels or samples are not positive, samples < rows, a pointer is null, replicas share an output, or step
/// is negative or in epoch 2^32 or later.
INNATE_API void gather(Context& context, const Shape& shape, const uint8_t* images, const uint8_t* labels,
                       const uint64_t* seeds, int64_t step, Ragged<uint8_t> out_images,
                       Ragged<uint8_t> out_labels);

/// The same batch, as places in the data set: writes out_rows (B) and out_labels (B). With pixel lists no
/// image is moved.
INNATE_API void choose(Context& context, const Shape& shape, const uint8_t* labels, const uint64_t* seeds,
                       int64_t step, Ragged<uint32_t> out_rows, Ragged<uint8_t> out_labels);

/// The pixels that are not 0 (view.h: PixelLists), on the host and from host memory. start gets images + 1
/// numbers.
INNATE_API void list_pixels(const uint8_t* images, int64_t count, int64_t pixels, std::vector<int64_t>* start,
                            std::vector<uint32_t>* entries);

/// Whether lists are the faster form of a set of which this share of pixels is not 0.
INNATE_API bool lists_pay(Backend backend, double density);

/// The share of pixels that are not 0, on the host and from host memory.
INNATE_API double density(const uint8_t* pixels, std::size_t count);

}  // namespace innate::batch
