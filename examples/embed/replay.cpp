// A step of a genome, written down once and played in a program of one's own: on the CPU by a call, on CUDA
// from the caller's graph, which is captured once and replayed. The genome is a gene expression model: W = s
// X O Y^T, of which X and O are learned and Y is fixed.
//
//   replay cpu | replay cuda       0: done, 1: it does not learn, 77: no CUDA here
#include <innate/engine/program.h>
#include <innate/kernels/random.h>

#include <cstdio>
#include <string>
#include <vector>
#ifdef EMBED_CUDA
#include <cuda_runtime.h>
#endif
using namespace innate;

constexpr int kSteps = 200, kRows = 32, kInputs = 20, kOutputs = 4, kGenes = 3;
constexpr int kX = kInputs * kGenes, kO = kGenes * kGenes;

/// One step: y = data W, softmax cross-entropy against the labels, the way back to the genome, Adam.
void write_step(engine::Tape& tape) {
  using engine::Variable;
  const Variable data = tape.state("data", kRows, kInputs), labels = tape.state("labels", kRows, 1, 1),
                 genome = tape.state("genome", 1, kX + kO, 4, true), y = tape.state("Y", kOutputs, kGenes),
                 loss = tape.state("loss", 1, 1), rate = tape.state("rate", 1, 1),
                 clock = tape.state("clock", 1, 1, 8), m = tape.state("m", 1, kX + kO),
                 v = tape.state("v", 1, kX + kO);
  const Variable x = genome.part(0, kInputs, kGenes), o = genome.part(kX, kGenes, kGenes);
  engine::Signal signal;
  signal.values = data, signal.rows = kRows, signal.columns = kInputs;
  engine::Weights weights;
  weights.form = engine::Weights::Form::factored;
  weights.x = x, weights.o = o, weights.y = y, weights.inputs = kInputs, weights.outputs = kOutputs;
  tape.section("step", true);
  const Variable logits = tape.layer(signal, weights);
  tape.cross_entropy(logits, labels, loss);  // adds its mean
  tape.backward();
  tape.adam({}, rate, clock, tape.gradient(genome, {x, o}), m, v, genome);
  tape.tick(clock);
}

template <class T>
void set(Context& context, engine::Program& program, const char* array, const std::vector<T>& values) {
  context.upload(program.data<T>(array), values.data(), values.size() * sizeof(T));
}

int main(int argc, char** argv) {
  const bool cuda = argc > 1 && std::string(argv[1]) == "cuda";
  void* stream = nullptr;
#ifdef EMBED_CUDA
  if (cuda && cudaStreamCreate(reinterpret_cast<cudaStream_t*>(&stream)) != cudaSuccess) stream = nullptr;
#endif
  if (cuda && !stream) return std::puts("no CUDA here"), 77;
  Context context = cuda ? Context::cuda(0, stream) : Context::cpu();
  engine::Tape tape(context.backend());
  write_step(tape);
  engine::Program program(context, tape);

  std::vector<float> drawn(kRows * kInputs + kX + kO + kOutputs * kGenes);
  random::fill_normal({1, random::Purpose::weights}, 0, 1, drawn.data(), drawn.size());
  const float* at = drawn.data();
  const auto next = [&at](int count) {
    const std::vector<float> values(at, at + count);
    at += count;
    return values;
  };
  const std::vector<float> data = next(kRows * kInputs);
  std::vector<unsigned char> labels;  // which of four pixels is the largest
  for (int r = 0; r < kRows; ++r) {
    int best = 0;
    for (int i = 1; i < kOutputs; ++i)
      if (data[r * kInputs + i] > data[r * kInputs + best]) best = i;
    labels.push_back(static_cast<unsigned char>(best));
  }
  set(context, program, "data", data);
  set(context, program, "labels", labels);
  set(context, program, "genome", next(kX + kO));
  set(context, program, "Y", next(kOutputs * kGenes));
  set(context, program, "rate", std::vector<float>{0.03f});

#ifdef EMBED_CUDA
  cudaGraphExec_t replayed = nullptr;
  if (cuda) {
    context.synchronize();
    cudaGraph_t graph = nullptr;
    cudaStreamBeginCapture(static_cast<cudaStream_t>(stream), cudaStreamCaptureModeThreadLocal);
    program.run("step");  // recorded, not run
    cudaStreamEndCapture(static_cast<cudaStream_t>(stream), &graph);
    if (cudaGraphInstantiate(&replayed, graph, 0) != cudaSuccess)
      return std::puts("the step cannot be captured"), 1;
  }
  const auto step = [&] {
    cuda ? void(cudaGraphLaunch(replayed, static_cast<cudaStream_t>(stream))) : program.run("step");
  };
#else
  const auto step = [&] { program.run("step"); };
#endif
  float first = 0, all = 0;
  for (int i = 0; i < kSteps; ++i) {
    if (i == kSteps - 1) set(context, program, "loss", std::vector<float>{0});
    step();
    if (i == 0) context.download(&first, program.data<float>("loss"), sizeof first);
  }
  context.download(&all, program.data<float>("loss"), sizeof all);
  std::printf("%s: loss %.4f, after %d steps %.4f\n", context.description().c_str(), first, kSteps, all);
  return all < first / 3 ? 0 : 1;
}
