// Kernels that test the executor: each with one planted defect, and some without.
#pragma once

#include "simt/simt.h"

namespace planted {

// ---- defects; their lines in planted.cu carry a comment "// <- mark", by which the tests find them
__global__ void past_shared(float* out);
__global__ void past_global(float* out, int n);
__global__ void before_global(const float* in, float* out);
__global__ void missing_barrier(float* out);
__global__ void missing_syncwarp(int* out, bool synchronise);
__global__ void hidden_race(const float* x, float* y);
__global__ void unwritten_shared(float* out);
__global__ void unwritten_global(const float* in, float* out);
__global__ void blocks_collide(int* total);
__global__ void block_reads_another(int* x, int* out);
__global__ void plain_meets_atomic(int* counter);
__global__ void divergent_barrier(int* out);
__global__ void bad_shuffle_mask(int* out);
__global__ void mask_names_exited_lanes(int* out);
__global__ void exit_before_barrier(int n, int* out);
__global__ void deadlock(int* out);
__global__ void copies_past_end(unsigned char* to, const unsigned char* from, int bytes);
__global__ void traps();
__global__ void no_shared_memory(float* out);
/// Each thread brings one float and reads its neighbour's.
__global__ void copied(const float* in, float* out, bool waits, bool meets);
__global__ void copy_overtakes(const float* in, float* out, bool meets);
__global__ void copies_wrongly(const float* in, float* out, int how);
__global__ void mma_by_a_short_warp(float* out);

// ---- no defects
__global__ void reduce_by_shuffle(const float* in, float* out);
__global__ void divergent_ballots(unsigned* out);
__global__ void three_dimensions(int* out);
__global__ void reduce_by_warps(const float* in, int n, float* out);
__global__ void votes(int* out);
/// Eight numbers that change under way: by a copy whose source changes before the wait.
__global__ void source_changes(float* in, float* out);
__global__ void copies_in_groups(const float* in, float* out);
__global__ void copies_with_zeros(const float* in, float* out);          // a thread: 16, 8 and 4 bytes
__global__ void product_tf32(const float* a, const float* b, float* c);  // 16 x 8 += 16 x 8 and 8 x 8
__global__ void product_bf16(const float* a, const float* b, float* c);  // 16 x 8 += 16 x 16 and 16 x 8
__global__ void rounded(const float* in, unsigned* tf32, unsigned* bf16);
__global__ void histogram(const unsigned char* values, int n, int* bins);
__global__ void arrival_order(int* next, int* order);
__global__ void bytes_by_neighbours(unsigned char* bytes);
__global__ void many_barriers(int count, int* out);
__global__ void by_value(struct Pair pair, int* out);
__global__ void shuffles(int* out);
__global__ void append(int* number, int digit);  // 12 becomes 123
__global__ void append_other(int* number, const int* digit);
__global__ void append_scale(int* number, struct Pair pair);  // its five digits
__global__ void loads(const float* x, const unsigned* bits, const int* const* pointer, float* out);

struct Pair {
  const int* x;
  int scale[5];
};

}  // namespace planted
