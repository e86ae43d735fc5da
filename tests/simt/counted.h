// Kernels whose requests to memory can be worked out by hand. Blocks are of 32 threads, unless said
// otherwise.
#pragma once

#include "simt/simt.h"

namespace counted {

// ---- global memory
__global__ void load_stride(const float* in, int stride, float* out);
__global__ void load_bytes(const unsigned char* in, float* out);
__global__ void load_vectors(const float* in, float* out);  // 16 bytes a lane
__global__ void load_pairs(const float* in, float* out);    // 8 bytes a lane
__global__ void store_vectors(float* out);
__global__ void load_same(const float* in, float* out);
__global__ void load_misaligned(const float* in, float* out);
__global__ void update_counter(int* counter);

// ---- shared memory
__global__ void shared_stride(int stride, float* out);
__global__ void shared_column(int pitch, float* out);  // of a tile of 32 rows
__global__ void shared_same(float* out);
__global__ void shared_vectors(int stride, float* out);  // 16 bytes a lane, `stride` vectors apart
__global__ void shared_pairs(int stride, float* out);    // 8 bytes a lane

// ---- lanes and repetitions
__global__ void half_masked(const float* in, float* out);
__global__ void two_paths(const float* in, float* out);
__global__ void loop_of_three(const float* in, float* out);
__global__ void uneven_loops(const float* in, int barriers, float* out);
__global__ void uneven_halves(const float* in, int turns, bool meet, float* out);
__global__ void long_loop(const float* in, int count, float* out);
__global__ void read_then_exit(const float* in, float* out);

}  // namespace counted
