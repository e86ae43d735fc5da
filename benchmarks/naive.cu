// The kernel that one would write first: one thread an element of C, everything read where it is needed.
#include <cuda_runtime.h>

#include "benchmarks/products.h"

namespace innate::benchmarks {

namespace {

constexpr int kThreads = 256;

__global__ void naive_kernel(Product p) {
  const std::int64_t element = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (element >= p.m * p.n) return;
  const std::int64_t row = element / p.n, column = element % p.n, replica = blockIdx.y;
  const float *a = p.a + replica * p.m * p.k, *b = p.b + replica * p.k * p.n;
  float sum = 0.0f;
  for (std::int64_t i = 0; i < p.k; ++i)
    sum = fmaf(a[p.transpose_a ? i * p.m + row : row * p.k + i],
               b[p.transpose_b ? column * p.k + i : i * p.n + column], sum);
  p.c[replica * p.m * p.n + element] = sum;
}

}  // namespace

void multiply_naive(const Context& context, int replicas, const Product& product) {
  const dim3 grid(static_cast<unsigned>((product.m * product.n + kThreads - 1) / kThreads),
                  static_cast<unsigned>(replicas));
  naive_kernel<<<grid, kThreads, 0, static_cast<cudaStream_t>(context.stream())>>>(product);
  const cudaError_t status = cudaGetLastError();
  if (status != cudaSuccess) throw Error(std::string("naive product: ") + cudaGetErrorString(status));
}

}  // namespace innate::benchmarks
