// The tiles for tensor cores by themselves, on the executor: rooms do not ask for everything that they do.
#pragma once

#include "innate/kernels/context.h"
#include "kernels/core/gemm.h"

namespace innate::test {

/// By so many blocks.
void run_tensor_tiles(Context& context, const gemm::Product& product, int blocks);

}  // namespace innate::test
