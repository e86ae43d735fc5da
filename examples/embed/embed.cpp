// The engine inside a program that brings its own stream, memory and workspace: grows W from a genome, puts
// data through it without forming it, and takes steps of the genome.
//
//   embed cpu | embed cuda       0: done, 1: the numbers are wrong, 77: no CUDA here
#include <innate/kernels/apply.h>
#include <innate/kernels/optimizer.h>
#include <innate/kernels/random.h>
#include <innate/kernels/wiring.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#ifdef EMBED_CUDA
#include <cuda_runtime.h>
#endif
using namespace innate;

constexpr int kMemory = 1 << 20, kSteps = 1000, kRows = 8, kInputs = 20, kOutputs = 4, kGenes = 6;
constexpr int kX = kInputs * kGenes, kO = kGenes * kGenes, kY = kOutputs * kGenes;

struct Arena : Allocator {  // a block of ours, handed out from its start
  Arena(void* block, int bytes) : next(static_cast<char*>(block)), end(next + bytes) {}
  void* allocate(std::size_t bytes) override {
    if (static_cast<std::size_t>(end - next) < (bytes += -bytes % 256)) throw Error("the arena is full");
    return (next += bytes) - bytes;
  }
  void deallocate(void*, std::size_t) noexcept override {}
  char *next, *end;
};

int main(int argc, char** argv) {
  const bool cuda = argc > 1 && std::string(argv[1]) == "cuda";
  void *block = cuda ? nullptr : std::aligned_alloc(256, kMemory), *stream = nullptr;
#ifdef EMBED_CUDA
  if (cuda && cudaStreamCreate(reinterpret_cast<cudaStream_t*>(&stream)) == 0) cudaMalloc(&block, kMemory);
#endif
  if (!block) return std::puts("no CUDA here"), 77;
  Arena memory(block, kMemory);
  Context context = cuda ? Context::cuda(0, stream) : Context::cpu();
  context.set_memory(memory);

  std::vector<float> drawn(kX + kO + kY + kRows * kInputs), w(kInputs * kOutputs);
  random::fill_normal({1, random::Purpose::weights}, 0, 1, drawn.data(), drawn.size());
  const Buffer<float> all(context, drawn), rest(context, std::vector<float>(1024)),
      rate(context, std::vector<float>{0.01f});
  float *x = all.data(), *o = x + kX, *y = o + kO, *data = y + kY;  // a genome (X and O), Y, and 8 inputs
  float *grown = rest.data(), *out = grown + 128, *g = out + 128, *m = g + 256, *v = m + 256;
  Inputs inputs;
  inputs.values = {data};
  const apply::Factors factors{{x}, {o}, {y}, nullptr, {}};
  const wiring::Shape whole{1, kInputs, kOutputs, {kGenes}};
  const apply::Shape shape{1, kRows, kInputs, kOutputs, {kGenes}};
  const auto size = wiring::workspace_bytes(context, whole) + apply::workspace_bytes(context, shape, true);
  void* workspace = memory.allocate(size);

  wiring::forward(context, whole, {x}, {o}, {y}, nullptr, {grown}, workspace, size);
  context.download(w.data(), grown, w.size() * sizeof(float));
  float first = 0, last = 0, wanted = 0;  // of the answers; by a plain loop over W
  for (int i = 0; i < kInputs; ++i) wanted += drawn[kX + kO + kY + i] * w[i * kOutputs];
  for (int step = 1; step <= kSteps; ++step) {  // towards answers of 0: the gradient of |out|^2 / 2 is out
    apply::forward(context, shape, inputs, factors, {out}, true, workspace, size);
    context.download(step == 1 ? &first : &last, out, sizeof first);
    apply::backward(context, shape, inputs, factors, {out}, {{g}, {g + kX}, {}, {}, {}}, workspace, size);
    optimizer::adam(context, {1, {kX + kO}}, {}, rate.data(), step, {g}, {m}, {v}, {x});
  }
  std::printf("%s: %.5f (plain loop: %.5f), after %d steps %.5f\n", context.description().c_str(), first,
              wanted, kSteps, last);
  return std::abs(first - wanted) < 1e-4 && std::abs(last) < std::abs(first) / 10 ? 0 : 1;
}
