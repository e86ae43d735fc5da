// engine::Program: a tape that a pipeline of somebody else's runs, in halves, with work of its own between.
#include <functional>

#include "innate/engine/program.h"
#include "tests/support/backends.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

using namespace engine;

constexpr int kRows = 6, kInputs = 11, kOutputs = 4, kSteps = 5;
constexpr float kRate = 0.05f, kMomentum = 0.5f;

/// y = x W; the gradient of y is what others say.
struct Step {
  Tape tape;
  Variable x, w, y, dy, rate, clock, velocity;

  /// between(step): writes down what lies between y and its way back.
  Step(Backend backend, const std::function<void(Step&)>& between) : tape(backend) {
    x = tape.state("x", kRows, kInputs);
    w = tape.state("w", kInputs, kOutputs, 4, true);
    dy = tape.state("dy", kRows, kOutputs);
    rate = tape.state("rate", 1, 1);
    velocity = tape.state("velocity", kInputs, kOutputs);
    clock = tape.state("clock", 1, 1, 8);
    tape.section("step", true);
    Signal signal;
    signal.values = x, signal.rows = kRows, signal.columns = kInputs;
    Weights weights;
    weights.w = w, weights.inputs = kInputs, weights.outputs = kOutputs;
    y = tape.layer(signal, weights);
    between(*this);
    tape.begin_backward(y, dy);
    tape.backward();
    optimizer::Sgd settings;
    settings.momentum = kMomentum;
    tape.sgd(settings, rate, tape.gradient(w, {w}), velocity, w);
    tape.tick(clock);
  }
};

struct Numbers {
  std::vector<float> x = normals(1, kRows*kInputs, 1.0), w = normals(2, kInputs*kOutputs, 0.5),
                     target = normals(3, kRows*kOutputs, 1.0);
};

void begin(Context& context, const Numbers& n, Program* program) {
  context.upload(program->data<float>("x"), n.x.data(), n.x.size() * sizeof(float));
  context.upload(program->data<float>("w"), n.w.data(), n.w.size() * sizeof(float));
  context.upload(program->data<float>("rate"), &kRate, sizeof kRate);
}

/// dy = y - target, by the host.
void write_dy(Context& context, const Numbers& n, const float* y, float* dy) {
  std::vector<float> values(kRows * kOutputs);
  context.download(values.data(), y, values.size() * sizeof(float));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= n.target[i];
  context.upload(dy, values.data(), values.size() * sizeof(float));
  context.synchronize();
}

/// The same steps, in double precision.
std::vector<double> expected_w(const Numbers& n) {
  std::vector<double> w(n.w.begin(), n.w.end()), velocity(w.size());
  for (int step = 0; step < kSteps; ++step) {
    std::vector<double> dy(kRows * kOutputs);
    for (int r = 0; r < kRows; ++r)
      for (int o = 0; o < kOutputs; ++o) {
        double sum = 0;
        for (int i = 0; i < kInputs; ++i) sum += double{n.x[r * kInputs + i]} * w[i * kOutputs + o];
        dy[r * kOutputs + o] = sum - n.target[r * kOutputs + o];
      }
    for (int i = 0; i < kInputs; ++i)
      for (int o = 0; o < kOutputs; ++o) {
        double g = 0;
        for (int r = 0; r < kRows; ++r) g += double{n.x[r * kInputs + i]} * dy[r * kOutputs + o];
        velocity[i * kOutputs + o] = kMomentum * velocity[i * kOutputs + o] + g;
        w[i * kOutputs + o] -= kRate * velocity[i * kOutputs + o];
      }
  }
  return w;
}

std::vector<float> w_of(Context& context, Program* program) {
  std::vector<float> w(kInputs * kOutputs);
  context.download(w.data(), program->data<float>("w"), w.size() * sizeof(float));
  return w;
}

class Embedded : public testing::TestWithParam<On<NoCase>> {};

TEST_P(Embedded, AStepInHalves) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext test(GetParam().backend);
  Context& context = test;
  const Numbers n;
  Step step(context.backend(), [](Step& s) { s.tape.pause({s.y, s.dy}); });
  Program program(context, step.tape);
  EXPECT_EQ(program.size("w"), kInputs * kOutputs);
  EXPECT_GE(program.state_bytes(), 4 * (kRows * kInputs + 2 * kInputs * kOutputs + 2 * kRows * kOutputs));
  begin(context, n, &program);
  for (int i = 0; i < kSteps; ++i) {
    program.run_to_pause("step");
    write_dy(context, n, program.data(step.y), program.data(step.dy));
    program.run_on("step");
  }
  const std::vector<double> expected = expected_w(n);
  const std::vector<float> w = w_of(context, &program);
  for (std::size_t i = 0; i < w.size(); ++i) EXPECT_NEAR(w[i], expected[i], 1e-4) << i;
  std::int64_t clock = 0;
  context.download(&clock, program.data<std::int64_t>("clock"), sizeof clock);
  EXPECT_EQ(clock, kSteps);
}

TEST_P(Embedded, AFunctionOfOnesOwnIsAnInstruction) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext test(GetParam().backend);
  Context& context = test;
  const Numbers n;
  int calls = 0;
  Step step(context.backend(), [&](Step& s) {
    const Variable y = s.y, dy = s.dy;
    s.tape.call(
        [&calls, &n, y, dy](Context& own, const Tape::Addresses& at) {
          ++calls;
          write_dy(own, n, static_cast<const float*>(at(y)), static_cast<float*>(at(dy)));
        },
        {y, dy});
  });
  Program program(context, step.tape);
  begin(context, n, &program);
  program.run("step", 2);
  program.run("step", kSteps - 2);
  EXPECT_EQ(calls, kSteps);
  const std::vector<double> expected = expected_w(n);
  const std::vector<float> w = w_of(context, &program);
  for (std::size_t i = 0; i < w.size(); ++i) EXPECT_NEAR(w[i], expected[i], 1e-4) << i;
  EXPECT_NE(error_of([&] { program.run_to_pause("step"); }).find("has no pause"), std::string::npos);
}

/// Nothing lies between the call and the pause: the call belongs to the first half all the same.
TEST_P(Embedded, ACallBeforeAPauseIsInTheFirstHalf) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext test(GetParam().backend);
  Context& context = test;
  std::string order;
  const auto note = [&order](char letter) {
    return [&order, letter](Context&, const Tape::Addresses&) { order += letter; };
  };
  Step step(context.backend(), [&](Step& s) {
    s.tape.call(note('a'), {s.y});
    s.tape.pause({s.y, s.dy});
    s.tape.call(note('b'), {s.y});
  });
  Program program(context, step.tape);
  program.run_to_pause("step");
  EXPECT_EQ(order, "a");
  program.run_on("step");
  EXPECT_EQ(order, "ab");
  program.run("step", 2);
  EXPECT_EQ(order, "ababab");
}

/// So that a caller's stream can capture it.
TEST_P(Embedded, RunningAllocatesNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext test(GetParam().backend);
  Context& context = test;
  struct Counting : Allocator {
    Allocator& inner;
    int allocations = 0;
    explicit Counting(Allocator& a) : inner(a) {}
    void* allocate(std::size_t bytes) override { return ++allocations, inner.allocate(bytes); }
    void deallocate(void* memory, std::size_t bytes) noexcept override { inner.deallocate(memory, bytes); }
  } counting(test.memory);
  context.set_memory(counting);
  {
    Step step(context.backend(), [](Step& s) { s.tape.pause({s.y, s.dy}); });
    Program program(context, step.tape);
    const int before = counting.allocations;
    EXPECT_GT(before, 0);
    program.run("step", 3);
    program.run_to_pause("step");
    program.run_on("step");
    context.synchronize();
    EXPECT_EQ(counting.allocations, before);
  }
  context.set_memory(test.memory);
}

TEST_P(Embedded, WrongUseIsSaid) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext test(GetParam().backend);
  Context& context = test;
  Step step(context.backend(), [](Step& s) { s.tape.pause({s.y, s.dy}); });
  Program program(context, step.tape);
  const auto says = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  says(error_of([&] { program.run("stop"); }), "no section 'stop'; it has step");
  says(error_of([&] { program.run("step", -1); }), "-1 times");
  says(error_of([&] { program.run_on("step"); }), "has not been run to its pause");
  says(error_of([&] { program.data<float>("z"); }), "no lasting array 'z'");
  says(error_of([&] { program.data<float>("clock"); }), "elements of 8 bytes, not of 4");
  Tape empty(context.backend());
  says(error_of([&] { Program(context, empty); }), "holds no section");
  Tape other(context.backend() == Backend::cpu ? Backend::cuda : Backend::cpu);
  says(error_of([&] { Program(context, other); }), "cannot be run by a context for");
  says(error_of([&] { Step(context.backend(), [](Step& s) { s.tape.begin_backward(s.y, s.w); }); }),
       "cannot be that of 6 x 4");
  says(error_of([&] {
         Step(context.backend(), [](Step& s) {
           s.tape.pause({s.y});
           s.tape.pause({s.y});
         });
       }),
       "two pauses");
}

INSTANTIATE_TEST_SUITE_P(Program, Embedded, testing::ValuesIn(each_backend()), OnName());

}  // namespace
}  // namespace innate::test
