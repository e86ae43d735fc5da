#include "counted.h"

namespace counted {

using simt::load16;
using simt::load8;
using simt::store16;

__global__ void load_stride(const float* in, int stride, float* out) {
  const float value = in[static_cast<int>(threadIdx.x) * stride];  // <- load_stride
  out[threadIdx.x] = value;
}

__global__ void load_bytes(const unsigned char* in, float* out) {
  out[threadIdx.x] = static_cast<float>(in[threadIdx.x]);
}

__global__ void load_vectors(const float* in, float* out) {
  const float4 v = load16(in + 4 * threadIdx.x);  // <- load_vectors
  out[threadIdx.x] = v.x + v.y + v.z + v.w;
}

__global__ void load_pairs(const float* in, float* out) {
  const float2 v = load8(in + 2 * threadIdx.x);
  out[threadIdx.x] = v.x + v.y;
}

__global__ void store_vectors(float* out) {
  const float value = static_cast<float>(threadIdx.x);
  store16(out + 4 * threadIdx.x, make_float4(value, value, value, value));
}

__global__ void load_same(const float* in, float* out) { out[threadIdx.x] = __ldg(in + 5); }

__global__ void load_misaligned(const float* in, float* out) {
  const float4 v = load16(in + 1);
  out[threadIdx.x] = v.x;
}

__global__ void update_counter(int* counter) { atomicAdd(counter, 1); }

__global__ void shared_stride(int stride, float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  s[static_cast<int>(threadIdx.x) * stride] = 1.0f;
  out[threadIdx.x] = s[static_cast<int>(threadIdx.x) * stride];
}

__global__ void shared_column(int pitch, float* out) {
  auto* tile = static_cast<float*>(simt::dynamic_shared());
  const int lane = static_cast<int>(threadIdx.x);
  for (int row = 0; row < 32; ++row) tile[row * pitch + lane] = static_cast<float>(row);
  __syncthreads();
  float sum = 0.0f;
  for (int column = 0; column < 32; ++column) sum += tile[lane * pitch + column];
  out[lane] = sum;
}

__global__ void shared_same(float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  if (threadIdx.x == 0) s[7] = 1.0f;
  __syncthreads();
  out[threadIdx.x] = s[7];
}

__global__ void shared_vectors(int stride, float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  float* own = s + 4 * stride * static_cast<int>(threadIdx.x);
  store16(own, make_float4(1.0f, 2.0f, 3.0f, 4.0f));
  const float4 v = load16(own);
  out[threadIdx.x] = v.x + v.y + v.z + v.w;
}

__global__ void shared_pairs(int stride, float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  float* own = s + 2 * stride * static_cast<int>(threadIdx.x);
  simt::store8(own, make_float2(1.0f, 2.0f));
  const float2 v = load8(own);
  out[threadIdx.x] = v.x + v.y;
}

__global__ void half_masked(const float* in, float* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = in[threadIdx.x];
}

__global__ void two_paths(const float* in, float* out) {
  if (threadIdx.x < 8)
    out[threadIdx.x] = in[threadIdx.x] + 1.0f;  // <- two_paths first
  else
    out[threadIdx.x] = in[threadIdx.x] * 2.0f;  // <- two_paths second
}

__global__ void loop_of_three(const float* in, float* out) {
  float sum = 0.0f;
  for (int i = 0; i < 3; ++i) sum += in[32 * i + static_cast<int>(threadIdx.x)];
  out[threadIdx.x] = sum;
}

__global__ void uneven_loops(const float* in, int barriers, float* out) {
  float sum = 0.0f;
  for (int turn = 0; turn <= barriers; ++turn) {
    if (turn) __syncthreads();
    const int lane = static_cast<int>(threadIdx.x);
    for (int i = 0; i <= lane % 2; ++i) sum += in[32 * i + lane];
  }
  out[threadIdx.x] = sum;
}

__global__ void uneven_halves(const float* in, int turns, bool meet, float* out) {
  const int lane = static_cast<int>(threadIdx.x);
  float sum = 0.0f;
  for (int turn = 0; turn < turns; ++turn) {
    if (lane / 16 == turn) sum += in[32 * turn + lane];
    if (meet) __syncwarp();
  }
  out[lane] = sum;
}

__global__ void long_loop(const float* in, int count, float* out) {
  float sum = 0.0f;
  for (int i = 0; i < count; ++i) sum += in[i];
  out[threadIdx.x] = sum;
}

__global__ void read_then_exit(const float* in, float* out) {
  const float value = in[threadIdx.x];
  if (threadIdx.x >= 20) return;
  out[threadIdx.x] = __shfl_sync(0x000fffffu, value, 3);
}

}  // namespace counted
