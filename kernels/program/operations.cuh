// What blocks do of each kind of instruction.
#pragma once

#include "kernels/activation/activation.cuh"
#include "kernels/activation/dropout.cuh"
#include "kernels/basis/basis.cuh"
#include "kernels/batch/batch.cuh"
#include "kernels/classifier/classifier.cuh"
#include "kernels/core/gemm_block.cuh"
#include "kernels/core/gemm_tensor.cuh"
#include "kernels/expression/expression.cuh"
#include "kernels/expression/identities.cuh"
#include "kernels/field/field.cuh"
#include "kernels/optimizer/optimizer.cuh"
#include "kernels/pooling/pooling.cuh"
#include "kernels/program/instruction.h"

namespace innate::program {

/// For calls that one thread makes.
template <class Call>
struct Alone {
  static constexpr int kThreads = 32;
  using Shared = Nothing;
  static __device__ void run(Shared&, const Call& call, int64_t block, int64_t) {
    if (block == 0 && threadIdx.x == 0) call.run();
  }
};

/// The operation of a kind: `Operation` where a launch spreads it over many blocks, with how many elements it
/// has for threads (`element` true) or for blocks, and `Block` where one block of `Threads` makes the whole
/// call.
template <Kind kind>
struct Runs;

#define INNATE_RUNS(kind_, type, operation, block, element_, count_)        \
  template <>                                                               \
  struct Runs<Kind::kind_> {                                                \
    using Call = type;                                                      \
    using Operation = operation;                                            \
    template <int Threads>                                                  \
    using Block = block;                                                    \
    static constexpr bool element = element_;                               \
    static int64_t count([[maybe_unused]] const type& c) { return count_; } \
  };
#define INNATE_RUNS_ALONE(kind, type) INNATE_RUNS(kind, type, Alone<type>, Alone<type>, false, 1)

INNATE_RUNS(choose, batch::Choice, batch::Choose<128>, batch::Choose<Threads>, true, c.rows)
INNATE_RUNS(product, gemm::Product, gemm::Tiles, gemm::Block<Threads>, false, gemm::Tiles::count(c.m, c.n))
INNATE_RUNS(tensor_product, gemm::Product, gemm::TensorTiles, gemm::Block<Threads>, false,
            gemm::TensorTiles::count(c.m, c.n))
INNATE_RUNS(sum_rows, gemm::RowSum, gemm::SumRows<64>, gemm::SumRows<Threads>, true, c.n)
INNATE_RUNS(profiles, expression::Call, expression::MakeProfiles<256>, expression::MakeProfiles<Threads>,
            true, (c.height + c.width) * c.columns())
INNATE_RUNS(expand, expression::Call, expression::Expand<256>, expression::Expand<Threads>, true,
            int64_t{c.height} * c.width * c.columns() / 4)
INNATE_RUNS(expand_backward, expression::Call, expression::ExpandBackward<256>,
            expression::ExpandBackward<Threads>, true,
            expression::ExpandBackward<256>::count(c.height, c.width, c.columns()))
INNATE_RUNS(profiles_backward, expression::Call, expression::ProfilesBackward<256>,
            expression::ProfilesBackward<Threads>, true, 2 * c.columns())
INNATE_RUNS(fill, basis::Fill, basis::MakePiece<128>, basis::MakePiece<Threads>, true,
            c.lines* ceil_div(c.columns, 4))
INNATE_RUNS(combine, basis::Combination, basis::Combine<128>, basis::Combine<Threads>, true,
            ceil_div(c.weights, 4))
INNATE_RUNS(combine_backward, basis::Combination, basis::CombineBackward<128>,
            basis::CombineBackward<Threads>, true, 4 * c.count)
INNATE_RUNS(cross_entropy, classifier::Call, classifier::CrossEntropy<classifier::kPartials>,
            classifier::CrossEntropy<Threads>, false, 1)
INNATE_RUNS(adam, optimizer::Call, optimizer::TakeAdam<256>, optimizer::TakeAdam<Threads>, true, c.count)
INNATE_RUNS(sgd, optimizer::Call, optimizer::TakeSgd<256>, optimizer::TakeSgd<Threads>, true, c.count)
INNATE_RUNS(activate, activation::Call, activation::Activate<256>, activation::Activate<Threads>, true,
            c.count)
INNATE_RUNS(activate_backward, activation::Call, activation::ActivateBackward<256>,
            activation::ActivateBackward<Threads>, true, c.count)
INNATE_RUNS(turn, batch::Turn, batch::TurnTiles, batch::TurnTiles, false, batch::TurnTiles::count(c))
INNATE_RUNS(field_weights, field::Call, field::Weights, field::Weights, false, field::Weights::count(c))
INNATE_RUNS(field_outputs, field::Call, field::Outputs, field::Outputs, true, field::Outputs::count(c))
INNATE_RUNS(field_inputs, field::Call, field::Inputs, field::Inputs, true, field::Inputs::count(c))
INNATE_RUNS(identities, expression::IdentityCall, expression::Identities<512>,
            expression::Identities<Threads>, false, ceil_div(c.genes, expression::Identities<512>::kGenes))
INNATE_RUNS(identities_backward, expression::IdentityCall, expression::IdentitiesBackward<512>,
            expression::IdentitiesBackward<Threads>, false,
            ceil_div(c.genes, expression::IdentitiesBackward<512>::kGenes))
INNATE_RUNS(pool, pooling::Call, pooling::Pool<256>, pooling::Pool<Threads>, true, c.written())
INNATE_RUNS(pool_backward, pooling::Call, pooling::PoolBackward<256>, pooling::PoolBackward<Threads>, true,
            pooling::PoolBackward<256>::count(c))
INNATE_RUNS(dropout, dropout::Call, dropout::Drop<256>, dropout::Drop<Threads>, true, c.groups())
INNATE_RUNS_ALONE(tally, classifier::Tally)
INNATE_RUNS_ALONE(constants, optimizer::Constants)
INNATE_RUNS_ALONE(schedule, optimizer::Scheduled)
INNATE_RUNS_ALONE(tick, Tick)
INNATE_RUNS_ALONE(clear, Clear)
#undef INNATE_RUNS_ALONE
#undef INNATE_RUNS

/// The call of an instruction that is known to be of this kind.
template <Kind kind>
INNATE_HD const typename Runs<kind>::Call& call_of(const Instruction& i) {
  if constexpr (false) {
  }
#define INNATE_CALL(kind_, type, operands, cost) \
  else if constexpr (kind == Kind::kind_) {      \
    return i.kind_##_call;                       \
  }
  INNATE_INSTRUCTIONS(INNATE_CALL)
#undef INNATE_CALL
}

}  // namespace innate::program
