// Basis: weights as combinations of fixed random numbers, the baseline that genomes are compared with.
//
//   product       y = A W + b,  W = s R P       (random basis; Barabasi 2023): P is learned, R is not
//   combination   theta = s c R                 (intrinsic dimension; Li et al. 2018): c is learned, R is
//   not;
//                                               theta holds all tensors of a network behind each other
//
// R is a matrix of standard normal numbers. R[i][j] follows from the replica's seed, i and j alone, so a
// smaller R is the corner of a larger one: it is the normal quantile of p = (w + 0.5) / 2^23 (Wichura 1988,
// AS 241 PPND7, in single precision with fused multiply-adds), with w the upper 23 bits of word j % 4 of the
// Philox 4x32-10 block whose counter is (j / 4, i, random::Purpose::basis, 0) and whose key is the seed.
// R may be stored (filled once by `fill`) or left out: its numbers are then made where they are needed. The
// results are the same to the bit, on every backend. A stored R may hold any other numbers as well.
//
// All arrays are row-major, packed, one set a replica. `scale` is one s a replica, in memory of the context
// (null: s = 1). Sums of products run over their index in ascending order with one fused multiply-add a term;
// dc is summed in 16 lanes (j % 16), which a tree adds up.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/view.h"

namespace innate::basis {

/// The replicas' R. `stored`: R itself (what `fill` wrote, or any numbers of the caller's), or null. `seeds`:
/// one a replica, in memory of the context; not read where R is stored.
struct Numbers {
  Ragged<const float> stored;
  const uint64_t* seeds = nullptr;
};

/// Writes R (lines x columns) of every replica. Throws Error on sizes that are not positive or null pointers.
INNATE_API void fill(Context& context, int replicas, Extents lines, Extents columns, const uint64_t* seeds,
                     Ragged<float> r);

/// A: rows x inputs. R: inputs x vectors. P: vectors x outputs. b: outputs, optional. y: rows x outputs.
struct ProductShape {
  int replicas = 0;
  int rows = 0, inputs = 0, outputs = 0;
  Extents vectors;
  double density = 1.0;  // the share of A that is not zero, as in apply::Shape
};

/// The product is contracted in the cheaper of two orders, chosen for each replica from its own shape:
///   features   (A R) P      few rows or sparse data
///   weights    A (R P)      many rows
enum class Order { features, weights };
INNATE_API const char* name(Order order);
INNATE_API Order order(const ProductShape& shape, int64_t vectors, bool training);

/// Bytes of workspace (256-byte aligned, in memory of the context) that `forward` needs, and `backward` after
/// it, with so many rows or fewer; `stored`: whether R is. Throws Error on sizes that are not positive or
/// larger than memory can be.
INNATE_API std::size_t workspace_bytes(const Context& context, const ProductShape& shape, bool stored,
                                       bool training);

/// Writes y. `training` keeps in the workspace what `backward` needs, and the context notes it: pass the same
/// workspace, untouched (`backward` uses it up). What it gives can be passed on to `backward`.
/// Nothing may alias. Throws Error on sizes that are not positive, null pointers, replicas that share an
/// output, or too small a workspace.
INNATE_API Token forward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
                         Ragged<const float> p, const float* scale, Ragged<const float> bias, Ragged<float> y,
                         bool training, void* workspace, std::size_t workspace_size);

/// From dy (rows x outputs) and what `forward` (with `training`, the same shape and arguments) left in the
/// workspace: dP = s R^T A^T dy (vectors x outputs), db = sum of dy over rows. Either may be null and is then
/// not computed. Throws Error as `forward` does, and where the workspace does not hold what such a forward
/// left there (or, with a token, that forward), as in apply.h.
INNATE_API void backward(Context& context, const ProductShape& shape, const Inputs& inputs, const Numbers& r,
                         const float* scale, Ragged<const float> dy, Ragged<float> dp, Ragged<float> dbias,
                         void* workspace, std::size_t workspace_size, Token token = {});

/// c: numbers. R: numbers x weights. theta: weights.
struct CombinationShape {
  int replicas = 0;
  Extents numbers;
  int64_t weights = 0;
};

/// Writes theta = sum over k of (s c_k) R_k. Nothing may alias; no workspace. Errors as for `forward`.
INNATE_API void combine(Context& context, const CombinationShape& shape, const Numbers& r,
                        Ragged<const float> c, const float* scale, Ragged<float> theta);

/// Writes dc_k = s R_k . dtheta.
INNATE_API void combine_backward(Context& context, const CombinationShape& shape, const Numbers& r,
                                 const float* scale, Ragged<const float> dtheta, Ragged<float> dc);

}  // namespace innate::basis
