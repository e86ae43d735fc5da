// The ceilings of a CUDA device, times by events, and cuBLAS as a peer.
#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <string>

#include "benchmarks/peaks.h"
#include "benchmarks/products.h"

namespace innate::benchmarks {

namespace {

void check(cudaError_t status) {
  if (status != cudaSuccess) throw Error(std::string("CUDA: ") + cudaGetErrorString(status));
}
void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) throw Error(std::string("cuBLAS: ") + cublasGetStatusString(status));
}

cudaStream_t stream_of(const Context& context) { return static_cast<cudaStream_t>(context.stream()); }

/// One handle for the program; float32 throughout, never TF32. It is not destroyed: the driver may be gone by
/// then.
cublasHandle_t handle_on(const Context& context) {
  static cublasHandle_t handle = [] {
    cublasHandle_t made;
    check(cublasCreate(&made));
    check(cublasSetMathMode(made, CUBLAS_DEFAULT_MATH));
    return made;
  }();
  check(cublasSetStream(handle, stream_of(context)));
  return handle;
}

/// Units a second: the best of several stretches.
double best_rate(const Context& context, double units, int calls, const std::function<void()>& work) {
  double best = 0;
  work();
  for (int stretch = 0; stretch < 5; ++stretch)
    best = std::max(best, units * calls / cuda::seconds(context, calls, work));
  return best;
}

}  // namespace

namespace cuda {

double seconds(const Context& context, int calls, const std::function<void()>& work) {
  static const auto make_event = [] {
    cudaEvent_t event;
    check(cudaEventCreate(&event));
    return event;
  };
  static const cudaEvent_t before = make_event(), after = make_event();
  check(cudaEventRecord(before, stream_of(context)));
  for (int i = 0; i < calls; ++i) work();
  check(cudaEventRecord(after, stream_of(context)));
  check(cudaEventSynchronize(after));
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, before, after));
  return 1e-3 * milliseconds;
}

double operations() {
  constexpr std::int64_t n = 8192;
  Context context = Context::cuda();
  // Random numbers: zeros run faster than real data (less power).
  std::vector<float> values(n * n);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<std::int64_t>(i * 2654435761u % 2001) - 1000) * 1e-3f;
  Buffer<float> a(context, values), b(context, values), c = Buffer<float>::of_size(context, values.size());
  const Product square{n, n, n, a.data(), b.data(), c.data()};
  return best_rate(context, 2.0 * n * n * n, 3, [&] { multiply_cublas(context, 1, square); });
}

ByteRates bytes(std::int64_t footprint) {
  Context context = Context::cuda();
  const auto half = static_cast<std::size_t>(footprint) / 2;
  Buffer<unsigned char> from(context, std::vector<unsigned char>(half, 0x5a)),
      to = Buffer<unsigned char>::of_size(context, half);
  const int calls = static_cast<int>(std::clamp<std::int64_t>((std::int64_t{1} << 32) / footprint, 4, 1000));
  const double copied = best_rate(context, static_cast<double>(footprint), calls,
                                  [&] { context.copy(to.data(), from.data(), half); });
  return {copied, copied};
}

}  // namespace cuda

/// cuBLAS is column-major: what is computed is C^T = op(B)^T op(A)^T.
void multiply_cublas(const Context& context, int replicas, const Product& p) {
  const float one = 1.0f, zero = 0.0f;
  const auto m = static_cast<int>(p.m), n = static_cast<int>(p.n), k = static_cast<int>(p.k);
  check(cublasSgemmStridedBatched(handle_on(context), p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                                  p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, n, m, k, &one, p.b,
                                  p.transpose_b ? k : n, p.k * p.n, p.a, p.transpose_a ? m : k, p.m * p.k,
                                  &zero, p.c, n, p.m * p.n, replicas));
}

}  // namespace innate::benchmarks
