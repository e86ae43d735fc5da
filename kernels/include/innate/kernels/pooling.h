// Pooling: of each window of a map, the average or the largest (LeCun et al. 1998, LeNet-5). Windows lie side
// by side from the first row and column on; trailing rows and columns that fill no window are dropped.
//
//   out[(i, j, c), k] = average or largest over y < A, x < B of in[(i*A + y, j*B + x, c), k]
//
// A, B: height and width of a window; the map itself: one for all (global).  in: (H*W*C) x K, row
// (h*W + w)*C + c.  out: (floor(H/A) * floor(W/B) * C) x K. Row-major, packed. The columns K are whatever
// shares the map: images of a batch, genes.
//
// An average is the sum in ascending order, row by row of the window, divided by A B. The largest of equals
// is the first of them in that order. What is no number counts as larger than all; of several, the last.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::pooling {

enum class Function { average, max };
INNATE_API const char* name(Function function);

struct Window {
  Function function = Function::average;
  int height = 2, width = 2;
};

struct Shape {
  int replicas = 0;
  int height = 0, width = 0, channels = 1;  // of `in`
  Extents columns;
  Window window;
};

/// Writes out. Nothing may alias; no workspace. Throws Error on sizes that are not positive, an `in` of more
/// than 2^31 - 1 numbers, a window that is larger than the map or of more than 2^24 numbers, a function that
/// there is not, null pointers, or replicas that share an array that is written.
INNATE_API void forward(Context& context, const Shape& shape, Ragged<const float> in, Ragged<float> out);

/// Writes din (as `in`) from dout (as `out`), or adds to it (`add`). average: a window's dout / (A B) to
/// each of its numbers. max: all of it to the largest. Numbers of no window get 0. `in` may be null where the
/// function is not max. Errors as for `forward`.
INNATE_API void backward(Context& context, const Shape& shape, Ragged<const float> in,
                         Ragged<const float> dout, Ragged<float> din, bool add = false);

}  // namespace innate::pooling
