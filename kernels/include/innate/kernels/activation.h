// Activation: what a layer applies to its sums, number by number, in place.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::activation {

/// none: y = x. relu: the larger of x and 0. tanh. sigmoid: 1 / (1 + e^-x). What is no number stays none.
/// exp and tanh are core/math.h's: the same bits on every backend.
enum class Function { none, relu, tanh, sigmoid };
INNATE_API const char* name(Function function);

struct Shape {
  int replicas = 0;
  Extents elements;
  Function function = Function::none;
};

/// y = f(y). Throws Error on sizes that are not positive, null pointers, replicas that share an array that is
/// written, or a function that there is not.
INNATE_API void forward(Context& context, const Shape& shape, Ragged<float> y);

/// dy *= f'(x), from y = f(x) as `forward` wrote it: relu's is 1 where y is above 0 and else 0, tanh's
/// 1 - y^2, sigmoid's y (1 - y). y and dy may not alias. Errors as for `forward`.
INNATE_API void backward(Context& context, const Shape& shape, Ragged<const float> y, Ragged<float> dy);

}  // namespace innate::activation
