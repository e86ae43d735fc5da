#include "kernels/program/core_cpu.h"

#include <barrier>
#include <optional>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/core/products_cpu.h"

namespace innate::program {

namespace {

void run(Of<Kind::choose>, const batch::Choice& c) { c.run(0, 1); }
void run(Of<Kind::product>, const gemm::Product& c) { gemm::multiply(c); }
void run(Of<Kind::tensor_product>, const gemm::Product& c) { gemm::multiply(c); }
void run(Of<Kind::sum_rows>, const gemm::RowSum& c) { gemm::sum_rows(c); }
void run(Of<Kind::profiles>, const expression::Call& c) { expression::cpu::profiles(c); }
void run(Of<Kind::expand>, const expression::Call& c) { expression::cpu::expand(c); }
void run(Of<Kind::expand_backward>, const expression::Call& c) { expression::cpu::expand_backward(c); }
void run(Of<Kind::profiles_backward>, const expression::Call& c) { expression::cpu::profiles_backward(c); }
void run(Of<Kind::fill>, const basis::Fill& c) { basis::cpu::run(c); }
void run(Of<Kind::combine>, const basis::Combination& c) { basis::cpu::combine(c); }
void run(Of<Kind::combine_backward>, const basis::Combination& c) { basis::cpu::combine_backward(c); }
void run(Of<Kind::cross_entropy>, const classifier::Call& c) { classifier::cpu::cross_entropy(c); }
void run(Of<Kind::tally>, const classifier::Tally& c) { c.run(); }
void run(Of<Kind::constants>, const optimizer::Constants& c) { c.run(); }
void run(Of<Kind::adam>, const optimizer::Call& c) { optimizer::cpu::adam(c); }
void run(Of<Kind::sgd>, const optimizer::Call& c) { optimizer::cpu::sgd(c); }
void run(Of<Kind::tick>, const Tick& c) { c.run(); }
void run(Of<Kind::clear>, const Clear& c) { c.run(); }
void run(Of<Kind::activate>, const activation::Call& c) { activation::cpu::forward(c); }
void run(Of<Kind::activate_backward>, const activation::Call& c) { activation::cpu::backward(c); }
void run(Of<Kind::library_product>, const gemm::Product& c) { gemm::multiply(c); }

void run(Of<Kind::turn>, const batch::Turn& c) { batch::cpu::turn(c); }
void run(Of<Kind::schedule>, const optimizer::Scheduled& c) { c.run(); }
void run(Of<Kind::field_weights>, const field::Call& c) { field::cpu::weights(c, 0, c.at.places()); }
void run(Of<Kind::field_outputs>, const field::Call& c) { field::cpu::outputs(c, 0, c.at.places()); }
void run(Of<Kind::field_inputs>, const field::Call& c) {
  field::cpu::inputs(c, 0, field::cpu::input_blocks(c.columns));
}
void run(Of<Kind::identities>, const expression::IdentityCall& c) { expression::cpu::identities(c); }
void run(Of<Kind::identities_backward>, const expression::IdentityCall& c) {
  expression::cpu::identities_backward(c);
}
void run(Of<Kind::pool>, const pooling::Call& c) { pooling::cpu::forward(c); }
void run(Of<Kind::pool_backward>, const pooling::Call& c) { pooling::cpu::backward(c); }
void run(Of<Kind::dropout>, const dropout::Call& c) { dropout::cpu::apply(c, 0, c.groups()); }

void run(const Instruction& instruction) {
  with_call<kAllKinds>(instruction, [](auto kind, const auto& call) { run(kind, call); });
}

/// each(instruction) for `begin` to end - 1, where strips are cut out of those that are walked in them.
template <class Each>
void each_instruction(const std::vector<Instruction>& list, std::size_t begin, std::size_t end,
                      const Each& each) {
  for (std::size_t i = begin; i < end;) {
    const Instruction& first = list[i];
    if (first.strips == 0) {
      each(first);
      ++i;
      continue;
    }
    for (int64_t at = 0; at < first.extent; at += first.width)
      for (std::size_t member = i; member < i + first.strips; ++member) {
        Instruction part = list[member];
        cut_to_strip(part, at, smaller(first.width, first.extent - at));
        each(part);
      }
    i += first.strips;
  }
}

template <class Each>
void each_instruction(const std::vector<Instruction>& list, const Each& each) {
  each_instruction(list, 0, list.size(), each);
}

/// What one of `threads` threads does of an instruction.
void run_share(const Instruction& instruction, int thread, int threads) {
  if (instruction.kind == Kind::product) {
    const gemm::Product& p = instruction.product_call;
    if (!p.transpose_a && !p.transpose_b && p.m >= 4 * threads) {
      const int64_t first = p.m * thread / threads, end = p.m * (thread + 1) / threads;
      return gemm::multiply(gemm::rows_of(p, first, end - first));
    }
  }
  if (instruction.kind == Kind::adam || instruction.kind == Kind::sgd) {
    Instruction part = instruction;
    const int64_t count = instruction.adam_call.count;  // sgd_call is the same struct
    const int64_t first = count * thread / threads, end = count * (thread + 1) / threads;
    cut_to_strip(part, first, end - first);
    return run(part);
  }
  if (instruction.kind == Kind::activate || instruction.kind == Kind::activate_backward) {
    Instruction part = instruction;
    const int64_t count = instruction.activate_call.count;  // activate_backward_call is the same struct
    const int64_t first = count * thread / threads, end = count * (thread + 1) / threads;
    part.activate_call = activation::part_of(instruction.activate_call, first, end - first);
    return run(part);
  }
  if (instruction.kind == Kind::field_weights || instruction.kind == Kind::field_outputs) {
    const field::Call& c = instruction.field_weights_call;  // field_outputs_call is the same struct
    const int64_t first = c.at.places() * thread / threads, end = c.at.places() * (thread + 1) / threads;
    return instruction.kind == Kind::field_weights ? field::cpu::weights(c, first, end)
                                                   : field::cpu::outputs(c, first, end);
  }
  if (instruction.kind == Kind::dropout) {
    const dropout::Call& c = instruction.dropout_call;
    return dropout::cpu::apply(c, c.groups() * thread / threads, c.groups() * (thread + 1) / threads);
  }
  if (instruction.kind == Kind::field_inputs) {
    const field::Call& c = instruction.field_inputs_call;
    const int64_t blocks = field::cpu::input_blocks(c.columns);
    return field::cpu::inputs(c, blocks * thread / threads, blocks * (thread + 1) / threads);
  }
  if (thread == 0) run(instruction);
}

}  // namespace

void Bound::bind(const Section& section, const SectionPlan& plan, void* state, void* scratch, void* core) {
  prologue_.assign(section.prologue.begin(), section.prologue.end());
  body_.assign(section.body.begin(), section.body.end());
  char* const memory[] = {static_cast<char*>(state), static_cast<char*>(scratch), static_cast<char*>(core)};
  const auto address = [&](int array) {
    const Location& location = plan.locations[static_cast<std::size_t>(array)];
    return memory[static_cast<int>(location.where)] + location.offset;
  };
  for (auto* list : {&prologue_, &body_})
    for (Instruction& i : *list) visit_operands(i, Bind<decltype(address)>{address});
}

void Bound::run(int64_t times) const {
  const auto each = [](const Instruction& i) { program::run(i); };
  each_instruction(prologue_, each);
  for (int64_t t = 0; t < times; ++t) each_instruction(body_, each);
}

void Bound::run_prologue() const {
  each_instruction(prologue_, [](const Instruction& i) { program::run(i); });
}

void Bound::run_part(std::size_t begin, std::size_t end) const {
  each_instruction(body_, begin, end, [](const Instruction& i) { program::run(i); });
}

void run_together(const std::vector<Bound>& team, int64_t times) {
  std::optional<std::barrier<>> all;  // of as many threads as there really are
#pragma omp parallel num_threads(static_cast <int>(team.size()))
  {
    int thread = 0, threads = 1;
#ifdef _OPENMP
    thread = omp_get_thread_num(), threads = omp_get_num_threads();
#endif
#pragma omp single
    all.emplace(threads);
    const Bound& own = team[static_cast<std::size_t>(thread)];
    const auto each = [&](const Instruction& i) {
      run_share(i, thread, threads);
      all->arrive_and_wait();
    };
    each_instruction(own.prologue(), each);
    for (int64_t t = 0; t < times; ++t) each_instruction(own.body(), each);
  }
}

}  // namespace innate::program
