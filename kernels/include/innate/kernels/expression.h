// Expression: how strongly each neuron of a grid expresses each gene, as 2-D Gaussians of its position
// (S-GEM; Barabasi 2023, "Spatial GEM").
//
//   X[(h, w), g] = exp(-((y_h - tanh my_g)^2 + (x_w - tanh mx_g)^2) * exp(q_g)^2) = u[h, g] * v[w, g]
//   u[h, g] = exp(-((y_h - tanh my_g) * exp(q_g))^2),   v[w, g] = exp(-((x_w - tanh mx_g) * exp(q_g))^2)
//
// (0 where u or v is below e^-40, so that no product becomes subnormal). y_h and x_w are H and W equal steps
// from -1 to 1 (0 where there is one). q is the logarithm of the inverse width. places: 3 x G, row-major: my,
// mx, q.  u: H x G.  v: W x G.  X: (H*W) x G; neuron h*W + w.  All row-major, packed.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::expression {

struct Shape {
  int replicas = 0;
  int height = 0, width = 0;
  Extents genes;
};

/// Writes u and v. Nothing may alias; no workspace. Throws Error on sizes that are not positive or null
/// pointers.
INNATE_API void profiles(Context& context, const Shape& shape, Ragged<const float> places, Ragged<float> u,
                         Ragged<float> v);

/// Writes dplaces (3 x G) from du (H x G) and dv (W x G); u and v are what `profiles` wrote for `places`.
INNATE_API void profiles_backward(Context& context, const Shape& shape, Ragged<const float> places,
                                  Ragged<const float> u, Ragged<const float> v, Ragged<const float> du,
                                  Ragged<const float> dv, Ragged<float> dplaces);

/// Writes X = u (x) v. Only for consumers that want X whole.
INNATE_API void expand(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
                       Ragged<float> x);

/// Writes du[h, g] = sum_w dX[(h, w), g] v[w, g] and dv[w, g] = sum_h dX[(h, w), g] u[h, g].
INNATE_API void expand_backward(Context& context, const Shape& shape, Ragged<const float> u,
                                Ragged<const float> v, Ragged<const float> dx, Ragged<float> du,
                                Ragged<float> dv);

}  // namespace innate::expression
