#include "engine/cohort/shard.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/cohort/arrangement.h"
#include "engine/cohort/measure.h"
#include "innate/kernels/batch.h"
#include "innate/kernels/classifier.h"
#include "innate/kernels/random.h"
#include "innate/kernels/training.h"

namespace innate::engine {

namespace {

std::vector<std::vector<Tensor>> tensors(const Network& network, const std::vector<Replica>& replicas,
                                         bool learned) {
  std::vector<std::vector<Tensor>> all;
  for (const Replica& r : replicas) {
    const Layout layout = r.genome->layout(network);
    all.push_back(learned ? layout.learned : layout.frozen);
  }
  return all;
}

int rows_of_test(const Testing& testing, const Classification& task) {
  // Drawn images are gathered in one call, so that none comes twice in a test.
  return testing.images > 0 ? std::min(testing.images, task.test.count())
                            : std::min(kTestRows, task.test.count());
}

training::Shape fused_shape(training::Encoding encoding, const Classification& task, const Network& network,
                            const Layout& layout, int batch) {
  training::Shape shape;
  shape.encoding = encoding;
  shape.rows = batch;
  shape.height = network.height, shape.width = network.width, shape.channels = network.channels;
  shape.outputs = network.layers.back().units;
  shape.samples = task.train.count();
  shape.output_is_learned = Layout::index(layout.learned, "output_identity") >= 0;
  shape.bias_is_learned = network.layers.back().bias == Bias::learned;
  shape.basis_is_stored = Layout::index(layout.frozen, "basis") >= 0;
  return shape;
}

}  // namespace

/// Everything in the context's memory. Arrays of single numbers hold one a running replica, in the order of
/// active_.
struct Shard::Memory {
  /// All of it but the small arrays of the running replicas, uninitialised.
  Memory(Context& context, const Classification& task, const Network& network,
         const std::vector<Replica>& replicas, const Gradient& learning, const Testing& testing);
  void draw(Context& context, const Network& network, const std::vector<Replica>& replicas);

  Arrangement learned_at, frozen_at;
  Buffer<float> learned, gradient, first_moment, second_moment, frozen;
  std::vector<float> scales;  // of every replica, host
  int test_rows;
  Buffer<std::uint8_t> batch_labels;
  Buffer<std::uint32_t> batch_rows;  // drawn images
  Buffer<float> logits, dlogits;
  std::unique_ptr<Development> development;
  training::Shape fused;            // where the genome has a fused loop
  Buffer<unsigned char> workspace;  // of the fused loop
  // of the running replicas
  Arrays arrays;
  std::vector<std::int64_t> host_genes;
  Buffer<std::int64_t> genes;
  Buffer<float> scale, rate, loss_sum, test_loss;
  Buffer<std::int32_t> test_correct;
  Buffer<std::uint64_t> seeds, test_seeds;
};

Shard::Memory::Memory(Context& context, const Classification& task, const Network& network,
                      const std::vector<Replica>& replicas, const Gradient& learning, const Testing& testing)
    : learned_at(context, tensors(network, replicas, true)),
      frozen_at(context, tensors(network, replicas, false)),
      test_rows(rows_of_test(testing, task)) {
  const auto encoding = replicas[0].genome->fused();
  const std::size_t count = replicas.size(), size = static_cast<std::size_t>(learned_at.size());
  Plan plan{network,
            static_cast<int>(count),
            {},
            encoding ? 0 : learning.batch,  // a fused loop leaves it the tests alone
            test_rows,
            std::max(task.train.density(), 1e-6)};  // a set may be all 0
  for (const Replica& r : replicas) plan.genes.push_back(r.genome->genes());
  learned = Buffer<float>(context, size);
  first_moment = Buffer<float>(context, size);
  second_moment = Buffer<float>(context, size);
  frozen = Buffer<float>(context, static_cast<std::size_t>(frozen_at.size()));
  if (!encoding) gradient = Buffer<float>(context, size);
  const auto drawn = static_cast<std::size_t>(std::max(testing.images > 0 ? test_rows : 0, plan.train_rows));
  const auto rows = static_cast<std::size_t>(std::max(test_rows, plan.train_rows));
  const auto outputs = static_cast<std::size_t>(network.layers.back().units);
  batch_rows = Buffer<std::uint32_t>(context, count * drawn);
  batch_labels = Buffer<std::uint8_t>(context, count * drawn);
  logits = Buffer<float>(context, count * rows * outputs);
  dlogits = Buffer<float>(context, count * static_cast<std::size_t>(plan.train_rows) * outputs);
  if (encoding) {
    fused = fused_shape(*encoding, task, network, replicas[0].genome->layout(network), learning.batch);
    fused.density = plan.density;
    fused.replicas = plan.replicas;
    fused.genes = {plan.most_genes(), plan.genes.data(), plan.genes.data()};  // for sizes only
    workspace = Buffer<unsigned char>(context, training::workspace_bytes(context, fused));
    fused.genes = {};  // each call's own
  }
  development = replicas[0].genome->development(context, plan);
}

void Shard::Memory::draw(Context& context, const Network& network, const std::vector<Replica>& replicas) {
  const auto upload = [&context](const std::vector<float>& from, Buffer<float>& to, std::int64_t start) {
    if (!from.empty()) context.upload(to.data() + start, from.data(), from.size() * sizeof(float));
  };
  for (int r = 0; r < static_cast<int>(replicas.size()); ++r) {  // one draw in host memory at a time
    const Replica& replica = replicas[static_cast<std::size_t>(r)];
    const Draw draw = replica.genome->draw(network, replica.seed);
    upload(draw.learned, learned, learned_at.start(r));
    upload(draw.frozen, frozen, frozen_at.start(r));
    scales.push_back(draw.scale);
    context.synchronize();  // the draw goes
  }
  gradient.clear();
  first_moment.clear();
  second_moment.clear();
}

namespace {

/// Adds up what is asked for, and has no memory to give.
class Counting : public Allocator {
 public:
  void* allocate(std::size_t bytes) override {
    counted += bytes;
    return reinterpret_cast<void*>(std::uintptr_t{256});
  }
  void deallocate(void*, std::size_t) noexcept override {}
  std::size_t counted = 0;
};

}  // namespace

std::size_t Shard::bytes(Context& context, const Classification& task, const Network& network,
                         const std::vector<Replica>& replicas, const Gradient& learning,
                         const Testing& testing) {
  struct Counted {
    explicit Counted(Context& c) : context(c), usual(c.memory()) { c.set_memory(counting); }
    ~Counted() { context.set_memory(usual); }
    Context& context;
    Allocator& usual;
    Counting counting;
  } counted(context);
  const Memory memory(context, task, network, replicas, learning, testing);
  return counted.counting.counted;
}

Shard::Shard(Context& context, const Classification& task, Network network, std::vector<Replica> replicas,
             Gradient learning, Testing testing)
    : context_(context),
      task_(task),
      network_(std::move(network)),
      replicas_(std::move(replicas)),
      learning_(learning),
      testing_(testing),
      memory_(std::make_unique<Memory>(context, task, network_, replicas_, learning, testing)) {
  state_.replicas.resize(replicas_.size());
  memory_->draw(context_, network_, replicas_);
  active_.resize(replicas_.size());
  std::iota(active_.begin(), active_.end(), 0);
  activate();
}

Shard::~Shard() = default;

/// Points every per-replica array at the replicas in active_.
void Shard::activate() {
  if (active_.empty()) return;
  Memory& m = *memory_;
  m.learned_at.activate(active_);
  m.frozen_at.activate(active_);
  m.arrays = {};
  m.arrays.replicas = running();
  const Layout layout = replicas_[0].genome->layout(network_);
  for (int t = 0; t < static_cast<int>(layout.learned.size()); ++t) {
    m.arrays.learned.push_back(m.learned_at.view(m.learned.data(), t));
    m.arrays.gradients.push_back(m.learned_at.view(m.gradient.data(), t));
  }
  for (int t = 0; t < static_cast<int>(layout.frozen.size()); ++t)
    m.arrays.frozen.push_back(m.frozen_at.view(m.frozen.data(), t));
  std::vector<float> scale, rate, loss_sum;
  std::vector<std::uint64_t> seeds, test_seeds;
  m.host_genes.clear();
  for (const int r : active_) {
    const Replica& replica = replicas_[static_cast<std::size_t>(r)];
    m.host_genes.push_back(replica.genome->genes());
    scale.push_back(m.scales[static_cast<std::size_t>(r)]);
    rate.push_back(static_cast<float>(replica.rate));
    loss_sum.push_back(state_.replicas[static_cast<std::size_t>(r)].loss_sum);
    seeds.push_back(replica.seed);
    test_seeds.push_back(
        random::mix(replica.seed ^ (static_cast<std::uint64_t>(random::Purpose::test_subset) << 32)));
  }
  m.genes = Buffer<std::int64_t>(context_, m.host_genes);
  m.scale = Buffer<float>(context_, scale);
  m.rate = Buffer<float>(context_, rate);
  m.loss_sum = Buffer<float>(context_, loss_sum);
  m.test_loss = Buffer<float>(context_, active_.size());
  m.test_correct = Buffer<std::int32_t>(context_, active_.size());
  m.seeds = Buffer<std::uint64_t>(context_, seeds);
  m.test_seeds = Buffer<std::uint64_t>(context_, test_seeds);
  m.arrays.genes = {*std::max_element(m.host_genes.begin(), m.host_genes.end()), m.host_genes.data(),
                    m.genes.data()};
  m.arrays.scale = m.scale.data();
  m.arrays.seeds = m.seeds.data();
}

std::int64_t Shard::next_test() const {
  if (state_.last_test < 0) return 0;
  return std::min(learning_.steps, (state_.last_test / testing_.every + 1) * testing_.every);
}

std::int64_t Shard::steps_of(int replica) const {
  const ReplicaState& r = state_.replicas[static_cast<std::size_t>(replica)];
  return r.status == Status::running ? state_.steps : r.steps;
}

std::vector<float> Shard::learned(int replica) const {
  const ReplicaState& r = state_.replicas[static_cast<std::size_t>(replica)];
  if (r.status != Status::running) return r.learned;
  std::vector<float> numbers(static_cast<std::size_t>(memory_->learned_at.length(replica)));
  context_.download(numbers.data(), memory_->learned.data() + memory_->learned_at.start(replica),
                    numbers.size() * sizeof(float));
  return numbers;
}

/// Each replica's own images of a set, for step (or test) `step`. Returns their labels.
Ragged<const std::uint8_t> Shard::draw(const DeviceImages& set, const std::uint64_t* seeds, std::int64_t step,
                                       int rows, Inputs* inputs) {
  Memory& m = *memory_;
  const batch::Shape shape{running(), rows, set.pixels(), set.count()};
  const Ragged<std::uint8_t> labels{m.batch_labels.data(), rows, nullptr};
  const Ragged<std::uint32_t> chosen{m.batch_rows.data(), rows, nullptr};
  batch::choose(context_, shape, set.labels(), seeds, step, chosen, labels);
  *inputs = inputs_of(set, chosen);
  return labels;
}

void Shard::train_once() {
  Memory& m = *memory_;
  const int rows = learning_.batch, classes = network_.layers.back().units;
  const Ragged<float> logits{m.logits.data(), static_cast<std::int64_t>(rows) * classes, nullptr};
  const Ragged<float> dlogits{m.dlogits.data(), static_cast<std::int64_t>(rows) * classes, nullptr};
  Inputs inputs;
  const Ragged<const std::uint8_t> labels = draw(task_.train, m.seeds.data(), state_.steps, rows, &inputs);
  m.development->develop(m.arrays);
  m.development->forward(m.arrays, rows, inputs, logits, true);
  classifier::cross_entropy(context_, {running(), rows, classes}, logits, labels,
                            {dlogits, {m.loss_sum.data(), 1, nullptr}, {}, true});
  m.development->backward(m.arrays, rows, inputs, dlogits);
  update();
  ++state_.steps;
}

void Shard::update() {
  Memory& m = *memory_;
  const optimizer::Shape shape{running(), m.learned_at.lengths()};
  const auto gradient = m.learned_at.blocks(m.gradient.data()),
             parameters = m.learned_at.blocks(m.learned.data());
  const auto first = m.learned_at.blocks(m.first_moment.data()),
             second = m.learned_at.blocks(m.second_moment.data());
  if (learning_.kind == Gradient::Kind::adam)
    optimizer::adam(context_, shape, learning_.adam, m.rate.data(), state_.steps + 1, gradient, first, second,
                    parameters);
  else
    optimizer::sgd(context_, shape, learning_.sgd, m.rate.data(), gradient, first, parameters);
}

std::int64_t Shard::train(std::int64_t steps) {
  if (finished()) return 0;
  const std::int64_t most = std::min(steps, next_test() - state_.steps);
  if (!replicas_[0].genome->fused()) {
    for (std::int64_t i = 0; i < most; ++i) train_once();
    return most;
  }
  train_fused(most);
  state_.steps += most;
  return most;
}

void Shard::train_fused(std::int64_t steps) {
  Memory& m = *memory_;
  training::Shape shape = m.fused;
  shape.replicas = running();
  shape.genes = m.arrays.genes;
  const training::Data data{task_.train.images(), task_.train.lists(), task_.train.labels(),
                            Classification::kScale};
  training::Genomes genomes{m.learned_at.blocks(m.learned.data()),
                            m.learned_at.blocks(m.first_moment.data()),
                            m.learned_at.blocks(m.second_moment.data()),
                            {},
                            {},
                            {},
                            m.scale.data()};
  const Layout layout = replicas_[0].genome->layout(network_);
  for (std::size_t t = 0; t < layout.frozen.size(); ++t) {
    const std::string& name = layout.frozen[t].name;
    (name == "bias"    ? genomes.bias
     : name == "basis" ? genomes.basis
                       : genomes.output_identity) = m.arrays.frozen[t];
  }
  training::Learning learning;
  learning.optimizer = learning_.kind == Gradient::Kind::adam ? training::Learning::Optimizer::adam
                                                              : training::Learning::Optimizer::sgd;
  learning.adam = learning_.adam;
  learning.sgd = learning_.sgd;
  learning.rate = m.rate.data();
  learning.seeds = m.seeds.data();
  training::run(context_, shape, data, genomes, learning, state_.steps, steps,
                {m.loss_sum.data(), 1, nullptr}, m.workspace.data(), m.workspace.size());
}

int Shard::test_images() const {
  return testing_.images > 0 ? std::min(testing_.images, task_.test.count()) : task_.test.count();
}

/// Test images from `first` on: of the set itself, shared by all, or drawn anew for each replica. Returns
/// their labels.
Ragged<const std::uint8_t> Shard::test_inputs(int first, int rows, Inputs* inputs) {
  if (testing_.images > 0)  // the first images of an epoch of their own: each test sees the set shuffled anew
    return draw(task_.test, memory_->test_seeds.data(), state_.tests * (task_.test.count() / rows), rows,
                inputs);
  *inputs = inputs_of(task_.test, {task_.test.in_order() + first, 0, nullptr});
  return {task_.test.labels() + first, 0, nullptr};
}

/// Mean loss and number of correct answers of every running replica.
Measured Shard::measure() {
  Memory& m = *memory_;
  m.development->develop(m.arrays);
  return engine::measure(
      context_, *m.development, m.arrays, network_.layers.back().units, test_images(), m.test_rows,
      [this](int first, int rows, Inputs* inputs) { return test_inputs(first, rows, inputs); },
      {m.logits, m.test_loss, m.test_correct});
}

Status Shard::judge(const TestResult& result, bool finite, Progress* progress) const {
  const bool stops = progress->stops(testing_.stop, result.accuracy);
  if (!finite) return Status::diverged;
  if (state_.steps == learning_.steps) return Status::done;
  return stops ? Status::stopped : Status::running;
}

std::vector<TestResult> Shard::test() {
  std::vector<TestResult> results;
  if (finished()) return results;
  const Measured found = measure();
  const double total = test_images();
  const std::vector<float> loss_sum = memory_->loss_sum.download();
  const double trained = static_cast<double>(state_.steps - std::max<std::int64_t>(state_.last_test, 0));
  CohortState now;  // downloaded only if a replica leaves
  for (std::size_t i = 0; i < active_.size(); ++i) {
    const auto r = static_cast<std::size_t>(active_[i]);
    results.push_back({active_[i], state_.steps, static_cast<double>(found.correct[i]) / total,
                       found.losses[i],
                       trained > 0 ? loss_sum[i] / trained : std::numeric_limits<double>::quiet_NaN()});
    Progress progress = state_.replicas[r].progress;
    const Status status =
        judge(results.back(), std::isfinite(found.losses[i]) && std::isfinite(loss_sum[i]), &progress);
    if (status != Status::running) {
      if (now.replicas.empty()) now = save();
      state_.replicas[r] = now.replicas[r];
      state_.replicas[r].loss_sum = 0;
    }
    state_.replicas[r].progress = progress;
    state_.replicas[r].status = status;
  }
  state_.last_test = state_.steps;
  ++state_.tests;
  memory_->loss_sum.clear();
  return results;
}

void Shard::settle() {
  const auto gone = [this](int r) { return status(r) != Status::running; };
  if (std::none_of(active_.begin(), active_.end(), gone)) return;
  for (std::size_t i = 0; i < active_.size(); ++i)
    state_.replicas[static_cast<std::size_t>(active_[i])].loss_sum = 0;
  active_.erase(std::remove_if(active_.begin(), active_.end(), gone), active_.end());
  if (active_.empty())
    memory_.reset();  // others may need it
  else
    activate();
}

CohortState Shard::save() const {
  CohortState state = state_;
  if (finished()) return state;
  Memory& m = *memory_;
  const std::vector<float> learned = m.learned.download(), first = m.first_moment.download(),
                           second = m.second_moment.download();
  const std::vector<float> loss_sum = m.loss_sum.download();
  for (std::size_t i = 0; i < active_.size(); ++i) {
    ReplicaState& r = state.replicas[static_cast<std::size_t>(active_[i])];
    const auto from = m.learned_at.start(active_[i]), to = from + m.learned_at.length(active_[i]);
    r.learned.assign(learned.begin() + from, learned.begin() + to);
    r.first_moment.assign(first.begin() + from, first.begin() + to);
    r.second_moment.assign(second.begin() + from, second.begin() + to);
    r.loss_sum = loss_sum[i];
    r.steps = state_.steps;
  }
  return state;
}

void Shard::load(const CohortState& state) {
  if (state.replicas.size() != replicas_.size())
    throw Error("a state of " + std::to_string(state.replicas.size()) +
                " replicas cannot be loaded into a cohort of " + std::to_string(replicas_.size()));
  if (!memory_) {
    memory_ = std::make_unique<Memory>(context_, task_, network_, replicas_, learning_, testing_);
    memory_->draw(context_, network_, replicas_);
  }
  Memory& m = *memory_;
  std::vector<float> learned = m.learned.download(), first = m.first_moment.download(),
                     second = m.second_moment.download();
  active_.clear();
  for (int r = 0; r < static_cast<int>(replicas_.size()); ++r) {
    const ReplicaState& saved = state.replicas[static_cast<std::size_t>(r)];
    if (saved.status != Status::running) continue;
    const auto length = static_cast<std::size_t>(m.learned_at.length(r));
    if (saved.learned.size() != length || saved.first_moment.size() != length ||
        saved.second_moment.size() != length)
      throw Error("the saved state of replica " + std::to_string(r) + " has " +
                  std::to_string(saved.learned.size()) + " parameters, the cohort's has " +
                  std::to_string(length));
    std::copy(saved.learned.begin(), saved.learned.end(), learned.begin() + m.learned_at.start(r));
    std::copy(saved.first_moment.begin(), saved.first_moment.end(), first.begin() + m.learned_at.start(r));
    std::copy(saved.second_moment.begin(), saved.second_moment.end(), second.begin() + m.learned_at.start(r));
    active_.push_back(r);
  }
  m.learned.upload(learned);
  m.first_moment.upload(first);
  m.second_moment.upload(second);
  state_ = state;
  activate();
}

}  // namespace innate::engine
