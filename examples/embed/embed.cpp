// The engine inside a program that brings its own stream, memory and workspace: grows W from a genome, puts
// data through it without forming it, and teaches the genome to tell eight rows of numbers apart.
//
//   embed cpu | embed cuda       0: done, 1: the numbers are wrong, 77: no CUDA here
#include <innate/kernels/apply.h>
#include <innate/kernels/classifier.h>
#include <innate/kernels/optimizer.h>
#include <innate/kernels/random.h>
#include <innate/kernels/wiring.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#ifdef EMBED_CUDA
#include <cuda_runtime.h>
#endif
using namespace innate;

constexpr int kRows = 8, kInputs = 20, kOutputs = 4, kGenes = 6, kSteps = 200, kMemory = 1 << 20;
constexpr int kX = kInputs * kGenes, kGenome = kX + kGenes * kGenes;  // a genome: X, then O

struct Arena : Allocator {  // a block of ours, handed out from its start
  char *next = nullptr, *end = nullptr;
  void* allocate(std::size_t bytes) override {
    bytes = (bytes + 255) / 256 * 256;
    if (bytes > static_cast<std::size_t>(end - next)) throw Error("the arena is full");
    return (next += bytes) - bytes;
  }
  void deallocate(void*, std::size_t) noexcept override {}
};

int main(int argc, char** argv) {
  const bool cuda = argc > 1 && std::strcmp(argv[1], "cuda") == 0;
  void *block = cuda ? nullptr : std::aligned_alloc(256, kMemory), *stream = nullptr;
#ifdef EMBED_CUDA
  if (cuda && cudaStreamCreate(reinterpret_cast<cudaStream_t*>(&stream)) == 0) cudaMalloc(&block, kMemory);
#endif
  if (!block) return std::puts("no CUDA here"), 77;
  Arena memory;
  memory.end = (memory.next = static_cast<char*>(block)) + kMemory;
  Context context = cuda ? Context::cuda(0, stream) : Context::cpu();
  context.set_memory(memory);

  std::vector<float> drawn(kGenome + kOutputs * kGenes + kRows * kInputs);  // X, O, Y and the data
  random::fill_normal({1, random::Purpose::weights}, 0, 1, drawn.data(), drawn.size());
  const Buffer<float> numbers(context, drawn), zeros(context, std::vector<float>(1024)),
      rate(context, std::vector<float>{0.01f});
  const Buffer<std::uint8_t> labels(context, {0, 1, 2, 3, 0, 1, 2, 3});
  float *x = numbers.data(), *o = x + kX, *y = x + kGenome, *w = zeros.data(), *g = w + kInputs * kOutputs;
  float *m = g + kGenome, *v = m + kGenome, *logits = v + kGenome, *loss = logits + kRows * kOutputs;
  Inputs inputs;
  inputs.values = {y + kOutputs * kGenes};
  const apply::Factors factors{{x}, {o}, {y}, nullptr, {}};
  const classifier::Outputs outputs{{logits}, {loss}, {}};

  const wiring::Shape grown{1, kInputs, kOutputs, {kGenes}};
  const apply::Shape shape{1, kRows, kInputs, kOutputs, {kGenes}};
  const auto size =
      std::max(wiring::workspace_bytes(context, grown), apply::workspace_bytes(context, shape, true));
  void* workspace = memory.allocate(size);
  wiring::forward(context, grown, {x}, {o}, {y}, nullptr, {w}, workspace, size);
  float first = 0, before = 0, after = 0;
  double wanted = 0;
  context.download(&first, w, sizeof first);
  for (int i = 0; i < kGenes; ++i)  // W[0][0], by a plain loop
    for (int j = 0; j < kGenes; ++j)
      wanted += double(drawn[i]) * drawn[kX + i * kGenes + j] * drawn[kGenome + j];
  for (int step = 1; step <= kSteps; ++step) {
    apply::forward(context, shape, inputs, factors, {logits}, true, workspace, size);
    classifier::cross_entropy(context, {1, kRows, kOutputs}, {logits}, {labels.data()}, outputs);
    apply::backward(context, shape, inputs, factors, {logits}, {{g}, {g + kX}, {}, {}, {}}, workspace, size);
    optimizer::adam(context, {1, {kGenome}}, {}, rate.data(), step, {g}, {m}, {v}, {x});
    if (step == 1 || step == kSteps) context.download(step == 1 ? &before : &after, loss, sizeof before);
  }
  std::printf("%s: W[0][0] = %.5f (plain loop: %.5f), loss %.3f -> %.3f\n", context.description().c_str(),
              first, wanted, before, after);
  return std::abs(first - wanted) < 1e-5 && after < before / 2 ? 0 : 1;
}
