#include "engine/pool/compiled.h"

#include <algorithm>
#include <cstring>

#include "innate/kernels/basis.h"
#include "innate/kernels/random.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

constexpr const char* kBasis = "basis of ";  // before the tensor's name

}  // namespace

OwnArrays add_state(Tape& tape, const Genome& genome, const Network& network, bool stored) {
  const Layout layout = genome.layout(network);
  OwnArrays a;
  std::map<std::string, Variable> tensors;
  const auto add_block = [&](const char* name, const std::vector<Tensor>& of, bool learned) {
    const Variable block = tape.state(name, 1, Layout::size(of), 4, learned);
    std::int64_t at = 0;
    for (const Tensor& t : of) {
      tensors[t.name] = block.part(at, t.rows, t.columns);
      if (learned) a.own.tensors.push_back(tensors[t.name]);
      at += t.size();
    }
    return block;
  };
  a.own.learned = add_block("learned", layout.learned, true);
  add_block("frozen", layout.frozen, false);
  if (stored)
    for (const Tensor& t : layout.basis) tensors[t.name] = tape.state(kBasis + t.name, t.rows, t.columns);
  a.own.inherited.array = [tensors](const std::string& name) {
    const auto found = tensors.find(name);
    return found == tensors.end() ? Variable{} : found->second;
  };
  a.own.inherited.scales = tape.state("scale", 1, layout.scales);
  a.own.rate = tape.state("rate", 1, 1);
  a.own.loss_sum = tape.state("loss_sum", 1, 1);
  a.own.inherited.seeds =
      tape.state("seed", 1, std::max<std::int64_t>(1, static_cast<std::int64_t>(layout.basis.size())), 8);
  a.own.seed = a.own.inherited.seeds.part(0, 1, 1);
  a.own.clock = tape.state("clock", 1, 1, 8);
  a.test_seed = tape.state("test_seed", 1, 1, 8);
  a.tests = tape.state("tests", 1, 1, 8);
  a.call = tape.state("call", 1, 1, 8);
  a.losses = tape.state("losses", 1, 1, 8);
  a.right = tape.state("right", 1, 1, 8);
  return a;
}

void write_test(Tape& tape, const Genome& genome, const Network& network, const OwnArrays& arrays,
                std::int64_t images, std::int64_t rows, const SenseTest& sense, const MeasureTest& measure) {
  const auto pass = [&](const std::vector<Weights>& weights, std::int64_t now, std::int64_t first,
                        Variable call) {
    const Task::Sensed sensed = sense(now, first, call);
    const Variable answers = network.apply(tape, sensed.signal, weights);
    const Variable loss = tape.scratch("loss", 1, 1), correct = tape.scratch("correct", 1, 1);
    measure(sensed, answers, loss, correct);
    tape.tally(loss, correct, now, images, arrays.losses, arrays.right);
  };
  tape.section("test", false);
  tape.prologue();
  for (const Variable& v : {arrays.call, arrays.losses, arrays.right}) tape.clear(v);
  const std::vector<Weights> weights = genome.grow(tape, network, arrays.own.inherited);
  tape.body();
  pass(weights, rows, 0, arrays.call);
  tape.tick(arrays.call);
  if (images % rows == 0) return;
  tape.section("rest", false);
  tape.prologue();
  const std::vector<Weights> again = genome.grow(tape, network, arrays.own.inherited);
  tape.body();
  pass(again, images % rows, images / rows * rows, {});
}

int Compiled::section(const std::string& name) const {
  for (std::size_t s = 0; s < code.sections.size(); ++s)
    if (code.sections[s].name == name) return static_cast<int>(s);
  return -1;
}

std::int64_t Compiled::offset(const std::string& name) const {
  for (std::size_t a = 0; a < code.arrays.size(); ++a)
    if (code.arrays[a].name == name) return offsets[a];
  throw Error("a program has no array '" + name + "'");
}

std::int64_t Compiled::floats(const std::string& name) const {
  for (const program::Array& array : code.arrays)
    if (array.name == name) return array.bytes / 4;
  return 0;
}

std::int64_t Compiled::scratch_bytes() const {
  std::int64_t most = 0;
  for (const program::SectionPlan& plan : plans) most = std::max(most, plan.scratch_bytes + plan.core_bytes);
  return most;
}

std::int64_t Compiled::flat_bytes() const {
  std::int64_t most = 0;
  for (const program::SectionPlan& plan : flat) most = std::max(most, plan.scratch_bytes);
  return most;
}

Compiled compiled(Tape& tape, Backend backend, std::int64_t fast_bytes) {
  Compiled c;
  c.code = tape.take();
  c.offsets = program::state_offsets(c.code);
  c.state_bytes = program::state_bytes(c.code);
  for (program::Section& section : c.code.sections) {
    if (!section.pauses.empty())
      throw Error("section '" + section.name + "' holds work that is no instruction: pools cannot run it");
    // The barriers that stay are those of the fused plan: launches need none.
    if (backend == Backend::cuda) c.flat.push_back(program::plan(c.code, &section, 0));
    const auto own = static_cast<std::int64_t>((section.prologue.size() + section.body.size()) *
                                               sizeof(program::Instruction));
    c.plans.push_back(program::plan(c.code, &section, std::max<std::int64_t>(0, fast_bytes - own)));
  }
  return c;
}

std::int64_t test_images(const Spec& spec) {
  const std::int64_t all = spec.task->test_samples();
  return spec.testing.images > 0 ? spec.testing.images : all;
}

namespace {

/// Drawn images are gathered in one call, so that none comes twice in a test.
std::int64_t test_rows(const Spec& spec) {
  return spec.testing.images > 0 ? test_images(spec) : std::min(kTestRows, test_images(spec));
}

}  // namespace

std::int64_t test_calls(const Spec& spec) { return test_images(spec) / test_rows(spec); }

Compiled compile(const Spec& spec, bool stored, Backend backend, std::int64_t fast_bytes) {
  Tape tape(backend);
  tape.precision(spec.precision);
  const OwnArrays arrays = add_state(tape, *spec.genome, spec.network, stored);
  spec.learner->write(tape, {*spec.genome, spec.network, *spec.task}, arrays.own);
  const Task& task = *spec.task;
  const auto sense = [&](std::int64_t rows, std::int64_t first, Variable call) {
    if (spec.testing.images == 0) return task.sense_test(tape, rows, first, call);
    return task.draw_test(tape, rows, arrays.test_seed, arrays.tests);
  };
  const auto measure = [&](const Task::Sensed& sensed, Variable answers, Variable loss, Variable correct) {
    task.measure(tape, sensed, answers, loss, correct);
    if (spec.testing.images > 0) tape.tick(arrays.tests);
  };
  write_test(tape, *spec.genome, spec.network, arrays, test_images(spec), test_rows(spec), sense, measure);
  return compiled(tape, backend, fast_bytes);
}

namespace {

void put(const Compiled& c, const std::string& name, const std::vector<float>& numbers, void* block) {
  require(static_cast<std::int64_t>(numbers.size()) == c.floats(name), "the state of a replica holds ",
          numbers.size(), " numbers of '", name, "', its genome has ", c.floats(name));
  if (!numbers.empty()) std::memcpy(c.at<float>(block, name), numbers.data(), numbers.size() * sizeof(float));
}

}  // namespace

namespace {

/// Of the layout's basis number i: the replica's own, or one that follows from it.
std::uint64_t seed_of(std::uint64_t seed, std::int64_t i) {
  if (i == 0) return seed;
  return random::mix(
      seed ^ (static_cast<std::uint64_t>(random::Purpose::basis) << 32 | static_cast<std::uint64_t>(i)));
}

}  // namespace

void write_state(const Compiled& c, const Draw& draw, std::uint64_t seed, void* block) {
  std::memset(block, 0, static_cast<std::size_t>(c.state_bytes));
  put(c, "learned", draw.learned, block);
  put(c, "frozen", draw.frozen, block);
  put(c, "scale", draw.scales, block);
  for (std::int64_t i = 0; i < c.floats("seed") / 2; ++i)
    c.at<std::uint64_t>(block, "seed")[i] = seed_of(seed, i);
  *c.at<std::uint64_t>(block, "test_seed") =
      random::mix(seed ^ (static_cast<std::uint64_t>(random::Purpose::test_subset) << 32));
}

Draw start(const Replica& replica) {
  return replica.draw ? *replica.draw : replica.spec->genome->draw(replica.spec->network, replica.seed);
}

void write_state(const Compiled& c, const Replica& replica, const ReplicaState& saved, void* block) {
  const Spec& spec = *replica.spec;
  write_state(c, start(replica), replica.seed, block);
  for (const ReplicaState::Array& array : saved.arrays) put(c, array.name, array.numbers, block);
  *c.at<float>(block, "rate") = static_cast<float>(spec.learner->rate());
  *c.at<float>(block, "loss_sum") = saved.loss_sum;
  *c.at<std::int64_t>(block, "clock") = saved.steps;
  *c.at<std::int64_t>(block, "tests") = saved.tests;
}

void fill_basis(Context& context, const Compiled& c, const Genome& genome, const Network& network,
                void* block) {
  const std::uint64_t* seed = c.at<std::uint64_t>(block, "seed");
  for (const Tensor& t : genome.layout(network).basis) {
    if (c.floats(kBasis + t.name) > 0)
      basis::fill(context, 1, {t.rows, nullptr, nullptr}, {t.columns, nullptr, nullptr}, seed,
                  {c.at<float>(block, kBasis + t.name), 0, nullptr});
    ++seed;
  }
}

}  // namespace innate::engine
