// Precision: the arithmetic of matrix products.
#pragma once

#include <cstdint>

namespace innate {

/// What entries do with their products that are large, each by one replica's own shape (those of 131,072
/// multiply-adds or more, whose three extents are not tiny and whose left operand is floats). All others, and
/// all on the CPU, are `exact` whatever is asked for.
///   exact  each sum is one ascending chain of fused multiply-adds: the same bits on every backend
///   tf32   on CUDA, tensor cores: operands are rounded to 10 bits behind the leading one, sums are float32
///   bf16   the same with 7 bits; ranges are float32's
///   library  on CUDA, cuBLASLt: all is float32, sums are in its order. Of programs alone: entries called one
///            by one throw Error there, and so does a program where no cuBLASLt is found
/// With the last three the same call on the same kind of device, with the same library, gives the same bits,
/// in any company of replicas; others may round sums otherwise.
enum class Precision : uint8_t { exact, tf32, bf16, library };

}  // namespace innate
