#include "planted.h"

namespace planted {
namespace {

// A helper with a reference parameter: captures and stack objects must not look like shared state.
template <class Body>
__device__ void for_each_of_four(Body body) {
  for (int i = 0; i < 4; ++i) body(i);
}

__device__ constexpr int kTable[4] = {1, 10, 100, 1000};

}  // namespace

// ---- defects

__global__ void past_shared(float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  s[threadIdx.x] = 1.0f;
  if (threadIdx.x == 31) s[threadIdx.x + 1] = 2.0f;  // <- past_shared
  out[threadIdx.x] = s[threadIdx.x];
}

__global__ void past_global(float* out, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i <= n) out[i] = 1.0f;  // <- past_global
}

__global__ void before_global(const float* in, float* out) {
  out[threadIdx.x] = in[static_cast<int>(threadIdx.x) - 1];  // <- before_global
}

__global__ void missing_barrier(float* out) {
  struct Shared {
    float a[64], b[64];
  };
  auto& s = *static_cast<Shared*>(simt::dynamic_shared());
  simt::shared_field("a", s.a, sizeof s.a);
  simt::shared_field("b", s.b, sizeof s.b);
  s.b[threadIdx.x] = 1.0f;                   // <- missing_barrier write
  out[threadIdx.x] = s.b[63 - threadIdx.x];  // <- missing_barrier read
}

__global__ void missing_syncwarp(int* out, bool synchronise) {
  auto* s = static_cast<int*>(simt::dynamic_shared());
  s[threadIdx.x] = static_cast<int>(threadIdx.x);  // <- missing_syncwarp write
  if (synchronise) __syncwarp();
  out[threadIdx.x] = s[threadIdx.x ^ 1u];  // <- missing_syncwarp read
}

__global__ void hidden_race(const float* x, float* y) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  const int t = static_cast<int>(threadIdx.x);
  s[t] = x[t];                 // <- hidden_race write
  y[t] = t ? s[t - 1] : 0.0f;  // <- hidden_race read
}

__global__ void unwritten_shared(float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  if (threadIdx.x < 30) s[threadIdx.x] = 1.0f;
  __syncthreads();
  out[threadIdx.x] = s[threadIdx.x];  // <- unwritten_shared
}

__global__ void unwritten_global(const float* in, float* out) {
  out[threadIdx.x] = in[threadIdx.x];  // <- unwritten_global
}

__global__ void blocks_collide(int* total) {
  if (threadIdx.x == 0) *total += 1;  // <- blocks_collide
}

__global__ void block_reads_another(int* x, int* out) {
  if (threadIdx.x) return;
  out[blockIdx.x] = x[1];         // <- block_reads_another read
  if (blockIdx.x == 1) x[1] = 5;  // <- block_reads_another write
}

__global__ void plain_meets_atomic(int* counter) {
  atomicAdd(counter, 1);               // <- plain_meets_atomic update
  if (threadIdx.x == 7) *counter = 0;  // <- plain_meets_atomic write
}

__global__ void divergent_barrier(int* out) {
  if (threadIdx.x < 16) {
    __syncthreads();  // <- divergent_barrier first
    out[threadIdx.x] = 1;
  } else {
    __syncthreads();  // <- divergent_barrier second
  }
}

__global__ void bad_shuffle_mask(int* out) {
  int v = static_cast<int>(threadIdx.x);
  if (threadIdx.x >= 16) v = __shfl_xor_sync(0x0000ffffu, v, 1);  // <- bad_shuffle_mask
  out[threadIdx.x] = v;
}

__global__ void mask_names_exited_lanes(int* out) {
  if (threadIdx.x < 8) return;
  out[threadIdx.x] = __any_sync(0xffffffffu, 1);  // <- mask_names_exited_lanes
}

__global__ void exit_before_barrier(int n, int* out) {
  if (static_cast<int>(threadIdx.x) >= n) return;
  __syncthreads();  // <- exit_before_barrier
  out[threadIdx.x] = 1;
}

__global__ void deadlock(int* out) {
  if (threadIdx.x == 0) __syncwarp();  // <- deadlock warp
  __syncthreads();                     // <- deadlock block
  out[threadIdx.x] = 1;
}

__global__ void copies_past_end(unsigned char* to, const unsigned char* from, int bytes) {
  memcpy(to, from, static_cast<std::size_t>(bytes));  // <- copies_past_end
}

__global__ void traps() { __trap(); }

__global__ void no_shared_memory(float* out) { out[0] = *static_cast<float*>(simt::dynamic_shared()); }

// ---- no defects

__global__ void reduce_by_shuffle(const float* in, float* out) {
  float sum = in[blockIdx.x * 32 + threadIdx.x];
  for (int by = 16; by; by /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, by);
  if (threadIdx.x == 0) out[blockIdx.x] = sum;
}

__global__ void divergent_ballots(unsigned* out) {
  unsigned votes = __ballot_sync(0xffffffffu, threadIdx.x % 3 == 0);
  if (threadIdx.x & 1)
    votes ^= __ballot_sync(0xaaaaaaaau, threadIdx.x > 16);
  else
    votes ^= __ballot_sync(0x55555555u, threadIdx.x > 8);
  out[threadIdx.x] = votes + static_cast<unsigned>(__any_sync(0xffffffffu, threadIdx.x == 31));
}

__global__ void three_dimensions(int* out) {
  auto& s = *static_cast<int(*)[4][3][5]>(simt::dynamic_shared());
  s[threadIdx.z][threadIdx.y][threadIdx.x] = static_cast<int>(blockIdx.x + 10 * blockIdx.y);
  __syncthreads();
  atomicAdd(out, s[3 - threadIdx.z][2 - threadIdx.y][4 - threadIdx.x]);
}

__global__ void reduce_by_warps(const float* in, int n, float* out) {
  auto* partial = static_cast<float*>(simt::dynamic_shared());
  const unsigned warps = blockDim.x / 32, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float sum = 0.0f;
  for (unsigned i = threadIdx.x; i < static_cast<unsigned>(n); i += blockDim.x) sum += in[i];
  for (unsigned by = 16; by; by /= 2) sum += __shfl_down_sync(0xffffffffu, sum, by);
  if (lane == 0) partial[warp] = sum;
  __syncthreads();
  if (warp == 0) {
    sum = lane < warps ? partial[lane] : 0.0f;
    for (unsigned by = 16; by; by /= 2) sum += __shfl_down_sync(0xffffffffu, sum, by);
    if (lane == 0) *out = sum;
  }
}

__global__ void votes(int* out) {
  const int t = static_cast<int>(threadIdx.x);
  int sum = 0;
  for (int round = 0; round < 5; ++round) {
    sum += __syncthreads_count(t % 5 == round);
    sum += 1000 * __syncthreads_or(t == 40 + round);
    sum += 10000 * __syncthreads_and(t >= 0);
    sum += 100000 * __syncthreads_and(t > 0);
  }
  out[t] = sum;
}

__global__ void histogram(const unsigned char* values, int n, int* bins) {
  auto* counts = static_cast<int*>(simt::dynamic_shared());
  if (threadIdx.x < 4) counts[threadIdx.x] = 0;
  __syncthreads();
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) atomicAdd(&counts[values[i] % 4], kTable[values[i] % 4]);
  __syncthreads();
  int* const own = counts;
  if (threadIdx.x == 0) for_each_of_four([&](int bin) { atomicAdd(&bins[bin], own[bin]); });
}

__global__ void arrival_order(int* next, int* order) {
  order[atomicAdd(next, 1)] = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

__global__ void bytes_by_neighbours(unsigned char* bytes) {
  const auto i = blockIdx.x * blockDim.x + threadIdx.x;
  bytes[i] = static_cast<unsigned char>(i);
}

__global__ void many_barriers(int count, int* out) {
  auto* s = static_cast<int*>(simt::dynamic_shared());
  int value = 0;
  for (int i = 0; i < count; ++i) {
    s[threadIdx.x] = i;
    __syncthreads();
    value += s[blockDim.x - 1 - threadIdx.x];
    __syncthreads();
  }
  out[threadIdx.x] = value;
}

__global__ void by_value(Pair pair, int* out) {
  out[threadIdx.x] = pair.x[threadIdx.x] * pair.scale[threadIdx.x % 5];
}

__global__ void shuffles(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  out[lane] = __shfl_sync(0xffffffffu, lane, 5);
  out[32 + lane] = __shfl_sync(0xffffffffu, lane, 3, 8);
  out[64 + lane] = __shfl_up_sync(0xffffffffu, lane, 2, 16);
  out[96 + lane] = __shfl_down_sync(0xffffffffu, lane, 3, 16);
  out[128 + lane] = static_cast<int>(__shfl_xor_sync(0xffffffffu, static_cast<double>(lane), 7));
  out[160 + lane] = __reduce_add_sync(0xffffffffu, lane - 20);
}

__global__ void append(int* number, int digit) { *number = *number * 10 + digit; }

__global__ void append_other(int* number, const int* digit) { *number = *number * 10 + *digit; }

__global__ void append_scale(int* number, Pair pair) {
  for (int digit : pair.scale) *number = *number * 10 + digit;
}

__global__ void loads(const float* x, const unsigned* bits, const int* const* pointer, float* out) {
  const auto t = threadIdx.x;
  __nanosleep(20);
  float sum = __ldg(x + t) + static_cast<float>(__ldg(&bits[t]));
  __syncwarp(0xffffffffu);
  sum += static_cast<float>(*__ldg(pointer));
  out[t] = __shfl_sync(0xffffffffu, sum, 31 - static_cast<int>(t));
}

}  // namespace planted
