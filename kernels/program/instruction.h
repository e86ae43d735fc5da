// Instruction: one call of one room for one replica, as plain data. This list is the only place that names
// all kinds; a new operation adds its line here.
#pragma once

#include "kernels/activation/call.h"
#include "kernels/activation/dropout_call.h"
#include "kernels/apply/call.h"
#include "kernels/basis/call.h"
#include "kernels/batch/call.h"
#include "kernels/classifier/call.h"
#include "kernels/core/gemm.h"
#include "kernels/expression/call.h"
#include "kernels/expression/identities_call.h"
#include "kernels/field/call.h"
#include "kernels/optimizer/call.h"
#include "kernels/pooling/call.h"

namespace innate::program {

/// The end of a step: *clock += 1. What reads a clock is then in the next step, however it is run.
struct Tick {
  int64_t* clock;
  INNATE_HD void run() const { *clock += 1; }
};
template <class Visit>
INNATE_HD void operands(Tick& t, Visit&& visit) {
  visit.both(t.clock, 1);
}
INNATE_HD Cost cost(const Tick&) { return {1, 16}; }

/// Words to zero.
struct Clear {
  uint64_t* at;
  int64_t words;
  INNATE_HD void run() const {
    for (int64_t i = 0; i < words; ++i) at[i] = 0;
  }
};
template <class Visit>
INNATE_HD void operands(Clear& c, Visit&& visit) {
  visit.out(c.at, c.words);
}
INNATE_HD Cost cost(const Clear& c) { return {0, 8.0 * static_cast<double>(c.words)}; }

// X(kind, the call's type, what says its operands, its cost)
// tensor_product, library_product: one that gemm::on_tensor_cores takes, on CUDA. No program class has them:
// they are launched, the latter by cuBLASLt (core/cublaslt.h).
#define INNATE_INSTRUCTIONS(X)                                                                         \
  X(choose, batch::Choice, batch::operands, batch::cost)                                               \
  X(product, gemm::Product, gemm::operands, gemm::cost)                                                \
  X(tensor_product, gemm::Product, gemm::operands, gemm::cost)                                         \
  X(sum_rows, gemm::RowSum, gemm::operands, gemm::cost)                                                \
  X(profiles, expression::Call, expression::operands_of_profiles, expression::cost_of_profiles)        \
  X(expand, expression::Call, expression::operands_of_expand, expression::cost_of_x)                   \
  X(expand_backward, expression::Call, expression::operands_of_expand_backward, expression::cost_of_x) \
  X(profiles_backward, expression::Call, expression::operands_of_profiles_backward,                    \
    expression::cost_of_profiles)                                                                      \
  X(fill, basis::Fill, basis::operands, basis::cost)                                                   \
  X(combine, basis::Combination, basis::operands_of_combine, basis::cost)                              \
  X(combine_backward, basis::Combination, basis::operands_of_combine_backward, basis::cost)            \
  X(cross_entropy, classifier::Call, classifier::operands, classifier::cost)                           \
  X(tally, classifier::Tally, classifier::operands, classifier::cost)                                  \
  X(constants, optimizer::Constants, optimizer::operands, optimizer::cost)                             \
  X(adam, optimizer::Call, optimizer::operands, optimizer::cost)                                       \
  X(sgd, optimizer::Call, optimizer::operands, optimizer::cost)                                        \
  X(tick, Tick, operands, cost)                                                                        \
  X(clear, Clear, operands, cost)                                                                      \
  X(activate, activation::Call, activation::operands, activation::cost)                                \
  X(activate_backward, activation::Call, activation::operands_of_backward, activation::cost)           \
  X(library_product, gemm::Product, gemm::operands, gemm::cost)                                        \
  X(turn, batch::Turn, batch::operands, batch::cost)                                                   \
  X(schedule, optimizer::Scheduled, optimizer::operands, optimizer::cost)                              \
  X(field_weights, field::Call, field::operands_of_weights, field::cost)                               \
  X(field_outputs, field::Call, field::operands_of_outputs, field::cost)                               \
  X(field_inputs, field::Call, field::operands_of_inputs, field::cost)                                 \
  X(identities, expression::IdentityCall, expression::operands_of_identities, expression::cost)        \
  X(identities_backward, expression::IdentityCall, expression::operands_of_identities_backward,        \
    expression::cost)                                                                                  \
  X(pool, pooling::Call, pooling::operands, pooling::cost)                                             \
  X(pool_backward, pooling::Call, pooling::operands_of_backward, pooling::cost)                        \
  X(dropout, dropout::Call, dropout::operands, dropout::cost)

// identities, pools, turn, dropout and those of fields: no program class has them either.
enum class Kind : uint8_t {
#define INNATE_KIND(kind, type, operands, cost) kind,
  INNATE_INSTRUCTIONS(INNATE_KIND)
#undef INNATE_KIND
};

INNATE_HD constexpr uint32_t bit(Kind kind) { return uint32_t{1} << static_cast<int>(kind); }

template <Kind kind>
struct Of {
  static constexpr Kind value = kind;
};

struct Instruction {
  Kind kind = Kind::tick;
  bool barrier = false;  // those before it must be done (plan.h)
  uint16_t strips = 0;   // above 0: this one and those behind it, so many in all, are walked in strips
  uint16_t member = 0;   // its number among those (plan.h)
  int64_t extent = 0, width = 0;  // of the strips
  union {
#define INNATE_MEMBER(kind, type, operands, cost) type kind##_call;
    INNATE_INSTRUCTIONS(INNATE_MEMBER)
#undef INNATE_MEMBER
  };

  INNATE_HD Instruction() : tick_call{nullptr} {}
#define INNATE_MAKE(kind_, type, operands, cost) \
  INNATE_HD Instruction(Of<Kind::kind_>, const type& call) : kind(Kind::kind_), kind_##_call(call) {}
  INNATE_INSTRUCTIONS(INNATE_MAKE)
#undef INNATE_MAKE
};
static_assert(std::is_trivially_copyable_v<Instruction>);

/// f(Of<kind>, call) for the kinds in `Kinds`; others are not compiled.
template <uint32_t Kinds, class I, class F>
INNATE_HD void with_call(I& instruction, F&& f) {
  switch (instruction.kind) {
#define INNATE_CASE(kind, type, operands, cost)                                                 \
  case Kind::kind:                                                                              \
    if constexpr ((Kinds & bit(Kind::kind)) != 0) f(Of<Kind::kind>{}, instruction.kind##_call); \
    break;
    INNATE_INSTRUCTIONS(INNATE_CASE)
#undef INNATE_CASE
  }
}
constexpr uint32_t kAllKinds = ~uint32_t{0};
constexpr auto kWithKernels = kAllKinds & ~bit(Kind::library_product);

/// Visits the instruction's operands (core/operands.h), if it is of these kinds.
template <uint32_t Kinds = kAllKinds, class Visit>
INNATE_HD void visit_operands(Instruction& instruction, Visit&& visit) {
  switch (instruction.kind) {
#define INNATE_CASE(kind, type, operands, cost)                                             \
  case Kind::kind:                                                                          \
    if constexpr ((Kinds & bit(Kind::kind)) != 0) operands(instruction.kind##_call, visit); \
    break;
    INNATE_INSTRUCTIONS(INNATE_CASE)
#undef INNATE_CASE
  }
}

INNATE_HD Cost cost_of(const Instruction& instruction) {
  switch (instruction.kind) {
#define INNATE_CASE(kind, type, operands, cost) \
  case Kind::kind: return cost(instruction.kind##_call);
    INNATE_INSTRUCTIONS(INNATE_CASE)
#undef INNATE_CASE
  }
  return {};
}

/// The part of an instruction that strip `first` to first + count - 1 holds. Kinds that are not walked in
/// strips never are.
INNATE_HD void cut_to_strip(Instruction& i, int64_t first, int64_t count) {
  switch (i.kind) {
    case Kind::product: i.product_call = gemm::strip_of(i.product_call, first, count); break;
    case Kind::fill: i.fill_call = basis::strip_of(i.fill_call, first, count); break;
    case Kind::combine: i.combine_call = basis::strip_of(i.combine_call, first, count); break;
    case Kind::combine_backward:
      i.combine_backward_call = basis::strip_of(i.combine_backward_call, first, count);
      break;
    case Kind::adam: i.adam_call = optimizer::strip_of(i.adam_call, first, count); break;
    case Kind::sgd: i.sgd_call = optimizer::strip_of(i.sgd_call, first, count); break;
    default: break;
  }
}

inline const char* name(Kind kind) {
  constexpr const char* kNames[] = {
#define INNATE_NAME(kind, type, operands, cost) #kind,
      INNATE_INSTRUCTIONS(INNATE_NAME)
#undef INNATE_NAME
  };
  return kNames[static_cast<int>(kind)];
}

}  // namespace innate::program
