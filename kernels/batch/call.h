// What both backends and programs share (formulas: batch.h).
#pragma once

#include "innate/kernels/batch.h"
#include "innate/kernels/random.h"
#include "kernels/core/math.h"
#include "kernels/core/operands.h"

namespace innate::batch {

/// One replica's choice of `rows` images of a set: positions step % batches * rows onwards of epoch
/// step / batches, or, in order, images first + step * rows onwards.
struct Choice {
  int64_t rows, samples;
  int64_t batches;       // of an epoch; 0: in order
  int64_t first;         // in order
  const int64_t* clock;  // the step; null: `step`
  int64_t step;
  const uint64_t* seed;      // not read where the choice is in order
  const uint8_t* of_labels;  // of the set, shared by all
  uint32_t* out_rows;
  uint8_t* out_labels;

  /// Calls each(row, image) for rows from `begin` on, every `stride`th.
  template <class Each>
  INNATE_HD void each_row(int64_t begin, int64_t stride, const Each& each) const {
    const int64_t now = clock ? *clock : step;
    if (batches == 0) {
      for (int64_t b = begin; b < rows; b += stride) each(b, static_cast<uint32_t>(first + now * rows + b));
      return;
    }
    const random::EpochOrder order(*seed, static_cast<uint32_t>(now / batches),
                                   static_cast<uint32_t>(samples));
    const auto from = static_cast<uint32_t>(now % batches * rows);
    for (int64_t b = begin; b < rows; b += stride) each(b, order(from + static_cast<uint32_t>(b)));
  }

  INNATE_HD void run(int64_t begin, int64_t stride) const {
    each_row(begin, stride, [this](int64_t b, uint32_t image) {
      out_rows[b] = image;
      out_labels[b] = of_labels[image];
    });
  }
};

template <class Visit>
INNATE_HD void operands(Choice& c, Visit&& visit) {
  visit.in(c.clock, 1, 1);
  visit.in(c.seed, 1, 1);
  visit.out(c.out_rows, c.rows);
  visit.out(c.out_labels, c.rows);
}
INNATE_HD Cost cost(const Choice& c) {
  const double rows = static_cast<double>(c.rows);
  return {30 * rows, 6 * rows};
}

/// Rows become columns: out[j * rows + i] (+)= element j of row i, which is a float, or the pixel of an image
/// of the set, as a number: scale * pixel, or with `scales` fma(scales[c], pixel, shifts[c]) in channel c.
struct Turn {
  int64_t rows, columns;
  const float* in;         // rows x columns; null: images
  const uint32_t* chosen;  // the images
  const uint8_t* pixels;
  PixelLists lists;              // in place of pixels
  const float *scales, *shifts;  // one a channel, shared by all; may be null
  int channels;
  float scale;
  float* out;  // columns x rows
  bool add;

  INNATE_HD float scale_of(int64_t j) const { return scales ? scales[j % channels] : scale; }
  INNATE_HD float shift_of(int64_t j) const { return scales ? shifts[j % channels] : 0.0f; }
  INNATE_HD float number(int64_t j, uint32_t pixel) const {
    return math::fma(scale_of(j), static_cast<float>(pixel), shift_of(j));
  }
};

template <class Visit>
INNATE_HD void operands(Turn& c, Visit&& visit) {
  visit.in(c.in, c.in ? c.rows * c.columns : 0, 1);
  visit.in(c.chosen, c.chosen ? c.rows : 0, c.columns);
  if (c.add)
    visit.both(c.out, c.rows * c.columns);
  else
    visit.out(c.out, c.rows * c.columns);
}
INNATE_HD Cost cost(const Turn& c) {
  const double count = static_cast<double>(c.rows * c.columns);
  return {count, 8 * count};
}

/// The calls of an entry's replicas, as they are handed to a backend.
struct Calls {
  Shape shape;
  const uint8_t* images;
  const uint8_t* labels;
  const uint64_t* seeds;
  int64_t step;
  Ragged<uint8_t> out_images, out_labels;
  Ragged<uint32_t> out_rows;

  INNATE_HD Choice operator()(int i) const {
    return {shape.rows,
            shape.samples,
            shape.samples / shape.rows,
            0,
            nullptr,
            step,
            seeds + i,
            labels,
            out_rows ? out_rows[i] : nullptr,
            out_labels[i]};
  }
};

namespace cpu {
void gather(Context& context, const Calls& calls);
void choose(Context& context, const Calls& calls);

// One replica on one core.
void turn(const Turn& call);
}  // namespace cpu
namespace cuda {
void gather(Context& context, const Calls& calls);
void choose(Context& context, const Calls& calls);
}  // namespace cuda

}  // namespace innate::batch
