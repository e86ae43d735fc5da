// Expression: how strongly each neuron of a grid expresses each gene, as 2-D Gaussians of its position
// (S-GEM; Barabasi 2023, "Spatial GEM"). Each of C colour channels has a grid of its own, and a gene a place
// and a width of its own in each.
//
//   X[(h, w, c), g] = exp(-((y_h - tanh my_cg)^2 + (x_w - tanh mx_cg)^2) * exp(q_cg)^2)
//                   = u[h, c, g] * v[w, c, g]
//   u[h, c, g] = exp(-((y_h - tanh my_cg) * exp(q_cg))^2)
//   v[w, c, g] = exp(-((x_w - tanh mx_cg) * exp(q_cg))^2)
//
// (0 where u or v is below e^-40, so that no product becomes subnormal). y_h and x_w are H and W equal steps
// from -1 to 1 (0 where there is one). q is the logarithm of the inverse width; above 40, infinity included,
// it counts as 40 everywhere, so that no gradient is infinity times zero. A NaN stays one. places: 3 C x G;
// rows 3c to 3c + 2 are my, mx, q of channel c.  u: H x C x G.  v: W x C x G.  X: (H*W*C) x G; neuron
// (h*W + w)*C + c. All row-major, packed: between u, v and X a gene of a channel is one of C*G columns.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::expression {

constexpr float greatest_q = 40.0f;

struct Shape {
  int replicas = 0;
  int height = 0, width = 0, channels = 1;
  Extents genes;
};

/// Writes u and v. Nothing may alias; no workspace. Throws Error on sizes that are not positive or null
/// pointers.
INNATE_API void profiles(Context& context, const Shape& shape, Ragged<const float> places, Ragged<float> u,
                         Ragged<float> v);

/// Writes dplaces (3 C x G) from du (H x C x G) and dv (W x C x G); u and v are what `profiles` wrote for
/// `places`.
INNATE_API void profiles_backward(Context& context, const Shape& shape, Ragged<const float> places,
                                  Ragged<const float> u, Ragged<const float> v, Ragged<const float> du,
                                  Ragged<const float> dv, Ragged<float> dplaces);

/// Writes X = u (x) v. Only for consumers that want X whole.
INNATE_API void expand(Context& context, const Shape& shape, Ragged<const float> u, Ragged<const float> v,
                       Ragged<float> x);

/// Writes du[h, c, g] = sum_w dX[(h, w, c), g] v[w, c, g] and
/// dv[w, c, g] = sum_h dX[(h, w, c), g] u[h, c, g].
INNATE_API void expand_backward(Context& context, const Shape& shape, Ragged<const float> u,
                                Ragged<const float> v, Ragged<const float> dx, Ragged<float> du,
                                Ragged<float> dv);

}  // namespace innate::expression
