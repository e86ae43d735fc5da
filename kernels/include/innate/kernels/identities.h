// Identities: how strongly each neuron of a grid expresses each gene, as a profile of its position that need
// not be separable ("developmental convolution", Barabasi 2023). Gaussians that are products of one profile
// an axis: expression.h.
//
//   X[n, g] = f - (centred: the mean of f over all neurons n),  n = (h*W + w)*C + c
//   ridge:     f = 1 / (1 + z^2),  z = sum over the axes a of (x_a - mu_ag) sigma_ag
//   bump:      f = 1 / (1 + r),    r = sum over a of ((x_a - mu_ag) sigma_ag)^2
//   gaussian:  f = e^-r, and 0 where r is above 40
//
// Axes: row, column, channel; or row and column alone, where there is one channel. x_a are equal steps from
// -1 to 1 (0 where there is one). places: 2 A x G; rows mu_1 to mu_A, then sigma_1 to sigma_A.  X: N x G,
// N = H*W*C. All row-major, packed.
//
// A sum over neurons is one chain over (w, c), ascending, in each row h, and one over the rows' sums. A mean
// is such a sum times 1/N, which is rounded to a float.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::expression {

enum class Profile { ridge, bump, gaussian };
INNATE_API const char* name(Profile profile);

struct IdentityShape {
  int replicas = 0;
  int height = 0, width = 0, channels = 1;
  int axes = 3;  // 2: without the channel's
  Extents genes;
  Profile profile = Profile::ridge;
  bool centred = true;
};

/// Writes X. Nothing may alias; no workspace. Throws Error on sizes that are not positive, an X of more than
/// 2^31 - 1 numbers, axes that are not 2 or 3 (3 where there are several channels), a profile that there is
/// not, null pointers, or replicas that share an array that is written.
INNATE_API void identities(Context& context, const IdentityShape& shape, Ragged<const float> places,
                           Ragged<float> x);

/// Writes dplaces (2 A x G) from dX (N x G), or adds to it (`add`). The profiles are worked out anew. Errors
/// as for `identities`.
INNATE_API void identities_backward(Context& context, const IdentityShape& shape, Ragged<const float> places,
                                    Ragged<const float> dx, Ragged<float> dplaces, bool add = false);

}  // namespace innate::expression
