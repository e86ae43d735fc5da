// What blocks do of each kind of instruction.
#pragma once

#include "kernels/basis/basis.cuh"
#include "kernels/batch/batch.cuh"
#include "kernels/classifier/classifier.cuh"
#include "kernels/core/gemm_block.cuh"
#include "kernels/expression/expression.cuh"
#include "kernels/optimizer/optimizer.cuh"
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

/// Where a launch spreads an instruction over many blocks: the operation of its kind, and how many elements
/// it has for threads (`element` true) or for blocks.
template <Kind kind>
struct Spread;

#define INNATE_SPREAD(kind_, type, operation, element_, count_)             \
  template <>                                                               \
  struct Spread<Kind::kind_> {                                              \
    using Call = type;                                                      \
    using Operation = operation;                                            \
    static constexpr bool element = element_;                               \
    static int64_t count([[maybe_unused]] const type& c) { return count_; } \
  };
INNATE_SPREAD(choose, batch::Choice, batch::Choose<128>, true, c.rows)
INNATE_SPREAD(product, gemm::Product, gemm::Tiles, false, gemm::Tiles::count(c.m, c.n))
INNATE_SPREAD(sum_rows, gemm::RowSum, gemm::SumRows<64>, true, c.n)
INNATE_SPREAD(profiles, expression::Call, expression::MakeProfiles<256>, true,
              (c.height + c.width) * c.columns())
INNATE_SPREAD(expand, expression::Call, expression::Expand<256>, true,
              int64_t{c.height} * c.width * c.columns() / 4)
INNATE_SPREAD(expand_backward, expression::Call, expression::ExpandBackward<256>, true,
              (c.height + c.width) * c.columns())
INNATE_SPREAD(profiles_backward, expression::Call, expression::ProfilesBackward<256>, true, c.columns())
INNATE_SPREAD(fill, basis::Fill, basis::MakePiece<128>, true, c.lines* ceil_div(c.columns, 4))
INNATE_SPREAD(combine, basis::Combination, basis::Combine<128>, true,
              c.r ? c.weights : ceil_div(c.weights, 4))
INNATE_SPREAD(combine_backward, basis::Combination, basis::CombineBackward<128>, true, c.count*(c.r ? 16 : 4))
INNATE_SPREAD(cross_entropy, classifier::Call, classifier::CrossEntropy<classifier::kPartials>, false, 1)
INNATE_SPREAD(tally, classifier::Tally, Alone<classifier::Tally>, false, 1)
INNATE_SPREAD(constants, optimizer::Constants, Alone<optimizer::Constants>, false, 1)
INNATE_SPREAD(adam, optimizer::Call, optimizer::TakeAdam<256>, true, c.count)
INNATE_SPREAD(sgd, optimizer::Call, optimizer::TakeSgd<256>, true, c.count)
INNATE_SPREAD(tick, Tick, Alone<Tick>, false, 1)
INNATE_SPREAD(clear, Clear, Alone<Clear>, false, 1)
#undef INNATE_SPREAD

/// The call of an instruction that is known to be of this kind.
template <Kind kind>
INNATE_HD const typename Spread<kind>::Call& call_of(const Instruction& i) {
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
