// Field: layers whose neurons see a part of the map before them, each through weights of its own (the
// developmental convolution of Barabasi 2023, Methods, "convolutional layers"; shared weights: a
// convolution).
//
// A map has H x W x C neurons, neuron (h*W + w)*C + c, each a row of `columns` numbers that lie behind each
// other: the samples of a batch, or genes. The field of output place r = (oh, ow) are the input neurons
// i(r, k), k = (kh*size + kw)*C + c, at (oh*stride + kh - padding, ow*stride + kw - padding, c). What would
// lie outside of the map is left out. With T on the input map, U on the output map (channel d) and M the
// weights:
//
//   weights   M[r, k, d] (+)= s sum_n T[i(r, k), n] U[(r, d), n]         0 outside of the map
//   outputs   U[(r, d), n] (+)= s sum_k M[r, k, d] T[i(r, k), n] + bias
//   inputs    T[i, n]    (+)= sum_(r, k): i(r, k) = i  sum_d (s M[r, k, d]) U[(r, d), n]
//
// Growing W_r = s Y_r (X O)_r^T is `weights` on genes, with T = X O and U = Y; seeing is `outputs` on the
// batch; and each is the way back of the others: dW is `weights` of the batch and the gradient, dx `inputs`
// of it, dY `outputs` and d(X O) `inputs` of dW on genes. Sums ascend in n, in k, and in (r, d), one fused
// multiply-add a term.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::field {

struct Geometry {
  int height = 0, width = 0, channels = 1;  // of the input map
  int size = 1, stride = 1, padding = 0;    // of a field
  int outputs = 1;                          // channels of the output map

  INNATE_HD int out_height() const { return (height + 2 * padding - size) / stride + 1; }
  INNATE_HD int out_width() const { return (width + 2 * padding - size) / stride + 1; }
  INNATE_HD std::int64_t places() const { return std::int64_t{out_height()} * out_width(); }
  /// Weights that a neuron of the output map has: size * size * channels.
  INNATE_HD std::int64_t weights() const { return std::int64_t{size} * size * channels; }
  INNATE_HD std::int64_t in_neurons() const { return std::int64_t{height} * width * channels; }
  INNATE_HD std::int64_t out_neurons() const { return places() * outputs; }
};

/// Throws Error, which begins with `entry`, where a number is not positive (padding: negative), or a field is
/// larger than the map with its padding.
INNATE_API void check(const char* entry, const Geometry& geometry);

struct Shape {
  int replicas = 0;
  Geometry geometry;
  std::int64_t columns = 0;
  bool shared = false;     // `outputs` and `inputs`: M is one place's, for all
  bool add = false;        // to what lies there
  bool each_bias = false;  // a bias for each output neuron, not for each channel
};

/// Writes M (places x weights x outputs) from T (in_neurons x columns) and U (out_neurons x columns).
/// `scale`: one number each, or none (1). `sums`, or none: sum_n U[(r, d), n], out_neurons. Nothing may
/// alias; no workspace. All three throw Error as `check` does, on null pointers, and where replicas share
/// what is written.
INNATE_API void weights(Context& context, const Shape& shape, Ragged<const float> t, Ragged<const float> u,
                        Ragged<const float> scale, Ragged<float> m, Ragged<float> sums);
/// Writes U from M and T; `bias`, or none: outputs, or out_neurons where each_bias.
INNATE_API void outputs(Context& context, const Shape& shape, Ragged<const float> m, Ragged<const float> t,
                        Ragged<const float> scale, Ragged<const float> bias, Ragged<float> u);
/// Writes T from M and U.
INNATE_API void inputs(Context& context, const Shape& shape, Ragged<const float> m, Ragged<const float> u,
                       Ragged<const float> scale, Ragged<float> t);

}  // namespace innate::field
