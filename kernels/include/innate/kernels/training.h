// Training: many steps of gradient descent for each replica in one call, without leaving the core (CPU) or
// the block (CUDA) that has taken it. A step is what these entries do one after the other, to the bit:
//
//   batch::choose, [expression::profiles, expand], apply::forward, classifier::cross_entropy,
//   apply::backward, [expression::expand_backward, profiles_backward], optimizer::adam or sgd
//
// with dense:: in place of apply:: for direct weights, basis:: for a random basis, and dense:: between
// basis::combine and basis::combine_backward for an intrinsic dimension.
//
// On CUDA the genome, its moments and gradients and everything between them lie in shared memory as far as it
// reaches (on an H100 and 28 x 28 pixels: GEM up to 17 genes, S-GEM up to 29), the rest in the workspace,
// which the L2 cache holds.
#pragma once

#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/optimizer.h"
#include "innate/kernels/view.h"

namespace innate::training {

/// How a genome gives the weights of a dense layer. A replica's learned numbers lie behind each other:
///   direct        W (inputs x outputs)
///   gem           X (inputs x G), O (G x G)             W = s X O Y^T
///   spatial_gem   places (3 C x G), O (G x G)           the same, X from the places (expression.h)
///   random_basis  P (G x outputs)                       W = s R P, R: inputs x G (basis.h)
///   intrinsic_dimension  c (G)                          W and a learned bias behind it are s c R
/// then Y (outputs x G) where it is learned, then the bias (outputs) where it is learned (it has no place of
/// its own in an intrinsic dimension).
enum class Encoding { direct, gem, spatial_gem, random_basis, intrinsic_dimension };
INNATE_API const char* name(Encoding encoding);

struct Shape {
  Encoding encoding = Encoding::direct;
  int replicas = 0;
  int rows = 0;               // images a step
  int height = 0, width = 0;  // inputs = height * width * channels
  int channels = 1;
  int outputs = 0;       // classes, at most 256
  int samples = 0;       // images of the data set
  Extents genes;         // direct: 1
  double density = 1.0;  // as in apply::Shape
  bool output_is_learned = false, bias_is_learned = false;
  bool basis_is_stored = false;  // R is given, or made from the seeds where it is needed

  INNATE_HD int64_t inputs() const { return static_cast<int64_t>(height) * width * channels; }
};

/// Learned numbers of a replica with this many genes.
INNATE_API int64_t parameters(const Shape& shape, int64_t genes);

/// What all replicas share. `images` and `lists` as in Inputs.
struct Data {
  const uint8_t* images = nullptr;
  PixelLists lists;
  const uint8_t* labels = nullptr;
  float scale = 1.0f;
};

/// The replicas' own. first_moment is Adam's m, or the velocity; second_moment is Adam's v.
struct Genomes {
  Ragged<float> learned, first_moment, second_moment;
  Ragged<const float> output_identity;  // Y, where it is not learned
  Ragged<const float> bias;             // frozen; null: none, or learned
  Ragged<const float> basis;            // R, where it is stored
  const float* scale = nullptr;         // s of each replica; null: 1
};

struct Learning {
  enum class Optimizer { adam, sgd } optimizer = Optimizer::adam;
  optimizer::Adam adam;
  optimizer::Sgd sgd;
  const float* rate = nullptr;      // of each replica
  const uint64_t* seeds = nullptr;  // of each replica, for the order of its images and for R
};

/// Bytes of workspace (256-byte aligned, in memory of the context) that `run` needs.
INNATE_API std::size_t workspace_bytes(const Context& context, const Shape& shape);

/// Takes steps first, first + 1, ... (counted from 0), `count` of them, of every replica: changes learned and
/// moments, and adds each step's mean loss to loss_sum (one number a replica). One launch on CUDA. Replicas
/// are handed out in their order: put those with the most genes first, so that the last ones to begin are
/// short. Nothing may alias. Throws Error on sizes that are not positive, more than 256 outputs, fewer
/// samples than rows, null pointers, or too small a workspace.
INNATE_API void run(Context& context, const Shape& shape, const Data& data, const Genomes& genomes,
                    const Learning& learning, int64_t first, int64_t count, Ragged<float> loss_sum,
                    void* workspace, std::size_t workspace_size);

}  // namespace innate::training
