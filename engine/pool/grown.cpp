#include "innate/engine/grown.h"

#include <algorithm>

#include "engine/pool/compiled.h"
#include "engine/pool/members.h"
#include "kernels/program/core_cpu.h"
#include "kernels/program/machine.h"

namespace innate::engine {

namespace {

/// One replica's program, with its memory.
class Single {
 public:
  Single(Context& context, Tape& tape, const Draw& draw, std::uint64_t seed)
      : context_(context), compiled_(compiled(tape, context.backend(), 0)) {
    std::vector<unsigned char> block(static_cast<std::size_t>(compiled_.state_bytes));
    write_state(compiled_, draw, seed, block.data());
    block_ = Buffer<unsigned char>(context, block);
    scratch_ = Buffer<unsigned char>::of_size(
        context, static_cast<std::size_t>(std::max(compiled_.scratch_bytes(), compiled_.flat_bytes())));
  }

  void run(int section, std::int64_t times) {
    const auto s = static_cast<std::size_t>(section);
    const program::SectionPlan& plan = compiled_.plans[s];
    if (context_.backend() == Backend::cpu) {
      program::Bound bound;
      bound.bind(compiled_.program.sections[s], plan, block_.data(), scratch_.data(),
                 scratch_.data() + plan.scratch_bytes);
      return bound.run(times);
    }
    if (!machine_) machine_ = program::machine(context_);
    machine_->run(program::Way::launches, {{&compiled_.program, section, &plan, &compiled_.flat[s],
                                            block_.data(), scratch_.data(), times}});
  }

  const Compiled& compiled_program() const { return compiled_; }

  /// An array as a section has left it.
  std::vector<float> download(int section, const Variable& v) const {
    const auto& plans = context_.backend() == Backend::cpu ? compiled_.plans : compiled_.flat;
    const program::Place& place =
        plans[static_cast<std::size_t>(section)].places[static_cast<std::size_t>(v.array)];
    std::vector<float> numbers(static_cast<std::size_t>(v.size()));
    const unsigned char* from = place.where == program::Where::state
                                    ? block_.data() + compiled_.offsets[static_cast<std::size_t>(v.array)]
                                    : scratch_.data() + place.offset;
    context_.download(numbers.data(), from + 4 * v.offset, numbers.size() * sizeof(float));
    return numbers;
  }
  template <class T>
  T number(const std::string& name) const {
    T value;
    context_.download(&value, block_.data() + compiled_.offset(name), sizeof value);
    return value;
  }

 private:
  Context& context_;
  Compiled compiled_;
  Buffer<unsigned char> block_, scratch_;
  std::unique_ptr<program::Machine> machine_;
};

}  // namespace

Grown::Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network,
             std::uint64_t seed, const std::vector<float>& learned, double density)
    : context_(context),
      genome_(std::move(genome)),
      network_(network),
      layout_(genome_->layout(network)),
      seed_(seed),
      density_(density) {
  const std::int64_t length = Layout::size(layout_.learned);
  if (static_cast<std::int64_t>(learned.size()) != length)
    throw Error("a genome of " + std::to_string(learned.size()) +
                " learned numbers where the network needs " + std::to_string(length));
  draw_ = genome_->draw(network, seed);
  draw_.learned = learned;
}

GrownWeights Grown::weights() const {
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  tape.section("weights", false);
  const Weights weights = genome_->grow(tape, network_, arrays.own.inherited).front();
  const Variable w = tape.whole(weights, arrays.own.seed);
  Single single(context_, tape, draw_, seed_);
  single.run(0, 1);
  GrownWeights grown{single.download(0, w), {}};
  if (weights.bias)
    grown.bias = single.download(0, weights.bias);
  else
    grown.bias.assign(static_cast<std::size_t>(weights.outputs), 0.0f);
  return grown;
}

std::vector<float> Grown::profiles() const {
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  tape.section("profiles", false);
  const Weights weights = genome_->grow(tape, network_, arrays.own.inherited).front();
  if (!weights.x) return {};
  Single single(context_, tape, draw_, seed_);
  single.run(0, 1);
  return single.download(0, weights.x);
}

Grown::Answers Grown::test(const DeviceImages& set) const {
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  const std::int64_t rows = std::min<std::int64_t>(kTestRows, set.count());
  write_test(
      tape, *genome_, network_, arrays, set.count(), rows,
      [&](std::int64_t now, std::int64_t first, Variable call) {
        const Task::Sensed sensed = images_of(tape, set, now, density_);
        tape.choose_in_order(set, now, first, call, sensed.signal.chosen, sensed.labels);
        return sensed;
      },
      [&](const Task::Sensed& sensed, Variable answers, Variable loss, Variable correct) {
        tape.measure(answers, sensed.labels, loss, correct);
      });
  Single single(context_, tape, draw_, seed_);
  single.run(0, set.count() / rows);
  if (set.count() % rows > 0) single.run(1, 1);
  return {single.number<std::int64_t>("right"), set.count(), single.number<double>("losses")};
}

}  // namespace innate::engine
