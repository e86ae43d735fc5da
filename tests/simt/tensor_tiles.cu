#include "tests/simt/tensor_tiles.h"

#include "kernels/core/gemm_tensor.cuh"

namespace innate::test {

struct OneProduct {
  gemm::Product product;
  __device__ gemm::Product operator()(int) const { return product; }
};

void run_tensor_tiles(Context& context, const gemm::Product& product, int blocks) {
  each<gemm::TensorTiles>(stream_of(context), 1, blocks, OneProduct{product});
}

}  // namespace innate::test
