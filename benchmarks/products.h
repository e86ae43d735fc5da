// Matrix products by others, to stand beside ours: OpenBLAS on one core, cuBLAS, and a naive CUDA kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "innate/kernels/context.h"

namespace innate::benchmarks {

enum class Peer { openblas, cublas, naive };

/// One of those who do a row's work: innate itself on a backend, or a peer.
struct Contestant {
  std::string name;  // "cpu", "cuda", "cpu-openblas", "cuda-cublas", "cuda-naive"
  Backend backend;
  std::optional<Peer> peer;
  bool lists = false;  // takes images as lists of the pixels that are not 0
};

/// Innate on the backends of this machine.
std::vector<Contestant> contestants();
/// The peers that this build has and this machine can run.
std::vector<Contestant> peers();

/// C = op(A) op(B), row-major and packed: op(A) is m x k, op(B) k x n; one product a replica, each array
/// after the last replica's.
struct Product {
  std::int64_t m, n, k;
  const float *a, *b;
  float* c;
  bool transpose_a = false, transpose_b = false;
};

void multiply(const Context& context, Peer peer, int replicas, const Product& product);

/// OpenBLAS knows processors by name, and takes old kernels (a third of the speed) on those that are newer
/// than itself, unless OPENBLAS_CORETYPE names one that it knows. Where that is not set, this runs the
/// program anew with the fastest of a few; says above the rows which one it is.
void use_fastest_openblas();

// The parts of `multiply` in builds with CUDA.
void multiply_cublas(const Context& context, int replicas, const Product& product);
void multiply_naive(const Context& context, int replicas, const Product& product);

}  // namespace innate::benchmarks
