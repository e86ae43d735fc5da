// Dropout: numbers of a layer are set to zero at random while it learns, and the others are made larger by as
// much (Srivastava et al. 2014, inverted):
//
//   out[i] (+)= kept(i) ? in[i] / (1 - rate) : 0
//
// Whether i is kept follows from the replica's seed, the stream (a layer's), the step and i alone: nothing is
// stored, and the way back is the same call on the gradient. i's chance is 16 bits of a well-mixed word that
// it shares with its three neighbours.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::dropout {

struct Shape {
  int replicas = 0;
  Extents elements;
  double rate = 0.5;  // the share that is dropped, in steps of 2^-16: 0 to 1 - 2^-16
  std::uint32_t stream = 0;
  bool add = false;  // to what lies there
};

/// seeds, steps: one a replica. `out` may be `in`. Throws Error on sizes that are not positive, a rate that
/// is not possible, null pointers, or replicas that share an array that is written.
INNATE_API void apply(Context& context, const Shape& shape, const std::uint64_t* seeds,
                      const std::int64_t* steps, Ragged<const float> in, Ragged<float> out);

}  // namespace innate::dropout
