#include "innate/engine/grown.h"

#include <algorithm>

#include "engine/pool/compiled.h"
#include "engine/pool/members.h"
#include "kernels/core/check.h"
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
      bound.bind(compiled_.code.sections[s], plan, block_.data(), scratch_.data(),
                 scratch_.data() + plan.scratch_bytes);
      return bound.run(times);
    }
    if (!machine_) machine_ = program::machine(context_);
    machine_->run(program::Way::launches, {{&compiled_.code, section, &plan, &compiled_.flat[s],
                                            block_.data(), scratch_.data(), times}});
  }

  const Compiled& compiled_program() const { return compiled_; }

  /// An array as a section has left it.
  std::vector<float> download(int section, const Variable& v) const {
    const auto& plans = context_.backend() == Backend::cpu ? compiled_.plans : compiled_.flat;
    const program::Location& location =
        plans[static_cast<std::size_t>(section)].locations[static_cast<std::size_t>(v.array)];
    std::vector<float> numbers(static_cast<std::size_t>(v.size()));
    const unsigned char* from = location.where == program::Where::state
                                    ? block_.data() + compiled_.offsets[static_cast<std::size_t>(v.array)]
                                    : scratch_.data() + location.offset;
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

namespace {

const Genome& checked(const std::shared_ptr<const Genome>& genome, const Network& network) {
  require(genome != nullptr, "there is no genome to grow a network from");
  network.check();
  return *genome;
}

Weights weights_of(int layer, const Genome& genome, Tape& tape, const Network& network,
                   const Inherited& inherited) {
  network.inputs_of(layer);  // checks that there is such a layer
  const std::vector<Weights> all = genome.grow(tape, network, inherited);
  require(all.size() == network.layers.size(), "the genome grows ", all.size(), " layers, the network has ",
          network.layers.size());
  return all[static_cast<std::size_t>(layer)];
}

Draw drawn_but(const std::shared_ptr<const Genome>& genome, const Network& network, std::uint64_t seed,
               const std::vector<float>& learned) {
  Draw draw = checked(genome, network).draw(network, seed);
  draw.learned = learned;
  return draw;
}

}  // namespace

Grown::Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network,
             std::uint64_t seed, Draw numbers, double density)
    : context_(context),
      genome_(std::move(genome)),
      network_(network),
      layout_(checked(genome_, network).layout(network)),
      seed_(seed),
      density_(density),
      draw_(std::move(numbers)) {
  check(draw_, layout_);
  require(density >= 0 && density <= 1, "the share of pixels that are not 0 is ", density,
          "; it must be 0 to 1");
}

Grown::Grown(Context& context, std::shared_ptr<const Genome> genome, const Network& network,
             std::uint64_t seed, const std::vector<float>& learned, double density)
    : Grown(context, genome, network, seed, drawn_but(genome, network, seed, learned), density) {}

void Grown::check_set(const DeviceImages& set) const {
  require(set.backend() == context_.backend(), "images lie in memory of the backend ", name(set.backend()),
          ", and the network's is ", name(context_.backend()));
  require(
      set.height() == network_.height && set.width() == network_.width && set.channels() == network_.channels,
      "images are ", set.height(), " x ", set.width(), " x ", set.channels(), "; the network has grids of ",
      network_.height, " x ", network_.width, " x ", network_.channels);
  require(set.largest_label() < network_.outputs(), "an image is labelled ", set.largest_label(),
          "; the network has ", network_.outputs(), " outputs, for labels from 0 to ",
          network_.outputs() - 1);
}

GrownWeights Grown::weights(int layer) const {
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  tape.section("weights", false);
  const Weights weights = weights_of(layer, *genome_, tape, network_, arrays.own.inherited);
  const Variable w = tape.whole(weights);
  for (const Variable& v : {w, weights.bias})
    if (v) tape.keep(v);
  Single single(context_, tape, draw_, seed_);
  single.run(0, 1);
  GrownWeights grown{single.download(0, w), {}};
  grown.bias.assign(static_cast<std::size_t>(weights.outputs), 0.0f);
  if (!weights.bias) return grown;
  const std::vector<float> bias = single.download(0, weights.bias);  // of fields also one a channel
  for (std::size_t k = 0; k < grown.bias.size(); ++k) grown.bias[k] = bias[k % bias.size()];
  return grown;
}

std::vector<float> Grown::profiles(int layer) const {
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  tape.section("profiles", false);
  const Weights weights = weights_of(layer, *genome_, tape, network_, arrays.own.inherited);
  if (!weights.x) return {};
  tape.keep(weights.x);
  Single single(context_, tape, draw_, seed_);
  single.run(0, 1);
  return single.download(0, weights.x);
}

namespace {

Task::Sensed in_order(Tape& tape, const DeviceImages& set, std::int64_t rows, std::int64_t first,
                      Variable call, double density) {
  const Task::Sensed sensed = images_of(tape, set, rows, density);
  tape.choose_in_order(set, rows, first, call, sensed.signal.chosen, sensed.labels);
  return sensed;
}

}  // namespace

Grown::Answers Grown::test(const DeviceImages& set) const {
  check_set(set);
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  const std::int64_t rows = std::min<std::int64_t>(kTestRows, set.count());
  write_test(
      tape, *genome_, network_, arrays, set.count(), rows,
      [&](std::int64_t now, std::int64_t first, Variable call) {
        return in_order(tape, set, now, first, call, density_);
      },
      [&](const Task::Sensed& sensed, Variable answers, Variable loss, Variable correct) {
        tape.measure(answers, sensed.labels, loss, correct);
      });
  Single single(context_, tape, draw_, seed_);
  single.run(0, set.count() / rows);
  if (set.count() % rows > 0) single.run(1, 1);
  return {single.number<std::int64_t>("right"), set.count(), single.number<double>("losses")};
}

std::vector<float> Grown::logits(const DeviceImages& set) const {
  return activations(set, network_.depth() - 1);
}

/// In the calls that a test makes, so that the last layer's are the numbers that it judges.
std::vector<float> Grown::activations(const DeviceImages& set, int layer, std::int64_t images) const {
  check_set(set);
  network_.outputs_of(layer);  // checks that there is such a layer
  require(images >= 0 && images <= set.count(), "activations are asked for of ", images,
          " images; the set has ", set.count());
  const std::int64_t count = images > 0 ? images : set.count();
  Network front = network_;
  front.layers.resize(static_cast<std::size_t>(layer) + 1);
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  const auto write = [&](const char* section, std::int64_t rows, std::int64_t first, Variable call) {
    tape.section(section, false);
    const Task::Sensed sensed = in_order(tape, set, rows, first, call, density_);
    std::vector<Weights> weights = genome_->grow(tape, network_, arrays.own.inherited);
    weights.resize(front.layers.size());
    Variable answers = front.apply(tape, sensed.signal, weights);
    if (front.layers.back().kind != Layer::Kind::dense) {
      Signal map;
      map.values = answers, map.turned = true, map.rows = rows, map.columns = answers.rows;
      answers = tape.turn(map).values;
    }
    tape.keep(answers);
    if (call) tape.tick(call);
    return answers;
  };
  const std::int64_t rows = std::min(kTestRows, count), rest = count % rows;
  const Variable each = write("activations", rows, 0, arrays.call);
  const Variable last = rest > 0 ? write("rest", rest, count - rest, {}) : Variable{};
  Single single(context_, tape, draw_, seed_);
  std::vector<float> all;
  const auto take = [&](int section, const Variable& answers) {
    single.run(section, 1);
    const std::vector<float> part = single.download(section, answers);
    all.insert(all.end(), part.begin(), part.end());
  };
  for (std::int64_t call = 0; call < count / rows; ++call) take(0, each);
  if (last) take(1, last);
  return all;
}

/// SGD without momentum leaves the gradient in its velocity, which stays; the rate is 0.
std::vector<float> Grown::gradient(const DeviceImages& set) const {
  check_set(set);
  Tape tape(context_.backend());
  const OwnArrays arrays = add_state(tape, *genome_, network_, false);
  const Own& own = arrays.own;
  const Variable velocity = tape.state("velocity", 1, own.learned.columns);
  tape.section("gradient", true);
  const Task::Sensed sensed = in_order(tape, set, set.count(), 0, {}, density_);
  const std::vector<Weights> weights = genome_->grow(tape, network_, own.inherited);
  const Variable answers = network_.apply(tape, sensed.signal, weights);
  tape.cross_entropy(answers, sensed.labels, own.loss_sum);
  tape.backward();
  tape.sgd({}, own.rate, tape.gradient(own.learned, own.tensors), velocity, own.learned);
  Single single(context_, tape, draw_, seed_);
  single.run(0, 1);
  return single.download(0, velocity);
}

}  // namespace innate::engine
