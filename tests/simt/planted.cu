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

__global__ void copied(const float* in, float* out, bool waits, bool meets) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  const auto t = threadIdx.x, other = blockDim.x - 1 - t;
  simt::copy_async4(s + t, in + t, 1);  // <- copied begin
  simt::commit_copies();
  if (waits) simt::wait_copies<0>();
  if (meets) __syncthreads();
  out[t] = s[other];  // <- copied read
}

__global__ void copy_overtakes(const float* in, float* out, bool meets) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  const auto t = threadIdx.x;
  s[t] = static_cast<float>(t);
  __syncthreads();
  out[blockIdx.x * blockDim.x + t] = s[blockDim.x - 1 - t];  // <- copy_overtakes read
  if (meets) __syncthreads();
  simt::copy_async4(s + t, in + t, 1);  // <- copy_overtakes copy
}

__global__ void copies_wrongly(const float* in, float* out, int how) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  if (how == 0) simt::copy_async16(s, in + 1, 4);
  if (how == 1) simt::copy_async8(s + 1, in, 2);
  if (how == 2) simt::copy_async4(out, in, 1);
  if (how == 3) simt::copy_async4(s, s + 1, 1);
  if (how == 4) simt::copy_async8(s, in, 3);
}

__global__ void mma_by_a_short_warp(float* out) {
  float c[4] = {};
  simt::mma_tf32(c, {1, 2, 3, 4}, {1, 2});  // <- mma_by_a_short_warp
  out[threadIdx.x] = c[0];
}

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

__global__ void source_changes(float* in, float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  const auto t = threadIdx.x;
  simt::copy_async4(s + t, in + t, 1);
  simt::commit_copies();
  in[t] = -1.0f;
  simt::wait_copies<0>();
  out[t] = s[t];
}

__global__ void copies_in_groups(const float* in, float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared());
  float sum = 0.0f;
  for (int group = 0; group < 3; ++group) {
    simt::copy_async4(s + group * 64 + threadIdx.x, in + group * 32 + threadIdx.x, 1);
    simt::copy_async4(s + group * 64 + 32 + threadIdx.x, in + threadIdx.x, 0);
    simt::commit_copies();
  }
  simt::commit_copies();  // an empty one
  simt::wait_copies<2>();
  sum += s[threadIdx.x] + 1000.0f * s[64 + threadIdx.x] + s[96 + threadIdx.x];
  simt::wait_copies<1>();
  __syncthreads();
  if (blockIdx.x == 0) out[threadIdx.x] = sum + 1000000.0f * s[128 + (threadIdx.x + 1) % 32];
}

__global__ void copies_with_zeros(const float* in, float* out) {
  auto* s = static_cast<float*>(simt::dynamic_shared()) + 8 * threadIdx.x;
  const int t = static_cast<int>(threadIdx.x);
  simt::copy_async16(s, in + 4 * t, t % 5);
  simt::copy_async8(s + 4, in + 2 * t, t % 3);
  simt::copy_async4(s + 6, in + t, t % 2);
  simt::commit_copies();
  simt::wait_copies<0>();
  for (int i = 0; i < 7; ++i) out[7 * t + i] = s[i];
}

__global__ void product_tf32(const float* a, const float* b, float* c) {
  const int lane = static_cast<int>(threadIdx.x), row = lane / 4, column = lane % 4;
  const unsigned of_a[4] = {simt::tf32_of(a[row * 8 + column]), simt::tf32_of(a[(row + 8) * 8 + column]),
                            simt::tf32_of(a[row * 8 + column + 4]),
                            simt::tf32_of(a[(row + 8) * 8 + column + 4])};
  const unsigned of_b[2] = {simt::tf32_of(b[column * 8 + row]), simt::tf32_of(b[(column + 4) * 8 + row])};
  float* to[4] = {c + row * 8 + 2 * column, c + row * 8 + 2 * column + 1, c + (row + 8) * 8 + 2 * column,
                  c + (row + 8) * 8 + 2 * column + 1};
  float sums[4] = {*to[0], *to[1], *to[2], *to[3]};
  simt::mma_tf32(sums, of_a, of_b);
  for (int i = 0; i < 4; ++i) *to[i] = sums[i];
}

__global__ void product_bf16(const float* a, const float* b, float* c) {
  const int lane = static_cast<int>(threadIdx.x), row = lane / 4, column = lane % 4;
  const auto of_row = [&](int r, int k) { return simt::bf16_pair(a[r * 16 + k], a[r * 16 + k + 1]); };
  const auto of_column = [&](int k) { return simt::bf16_pair(b[k * 8 + row], b[(k + 1) * 8 + row]); };
  const unsigned of_a[4] = {of_row(row, 2 * column), of_row(row + 8, 2 * column), of_row(row, 2 * column + 8),
                            of_row(row + 8, 2 * column + 8)};
  const unsigned of_b[2] = {of_column(2 * column), of_column(2 * column + 8)};
  float* to = c + row * 8 + 2 * column;
  float sums[4] = {to[0], to[1], to[64], to[65]};
  simt::mma_bf16(sums, of_a, of_b);
  to[0] = sums[0], to[1] = sums[1], to[64] = sums[2], to[65] = sums[3];
}

__global__ void rounded(const float* in, unsigned* tf32, unsigned* bf16) {
  tf32[threadIdx.x] = simt::tf32_of(in[threadIdx.x]);
  bf16[threadIdx.x] = simt::bf16_pair(in[threadIdx.x], 1.0f);
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
