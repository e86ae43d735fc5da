// What threads do together: block barriers and warp operations.
//
// The file and line of the caller say which call it is: threads of one barrier must come from the same one.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#define SIMT_CALLER const char *file = __builtin_FILE(), int line = __builtin_LINE()

void __syncthreads(SIMT_CALLER);
int __syncthreads_count(int predicate, SIMT_CALLER);
int __syncthreads_or(int predicate, SIMT_CALLER);
int __syncthreads_and(int predicate, SIMT_CALLER);

void __syncwarp(unsigned mask = 0xffffffffu, SIMT_CALLER);
unsigned __ballot_sync(unsigned mask, int predicate, SIMT_CALLER);
int __any_sync(unsigned mask, int predicate, SIMT_CALLER);
int __all_sync(unsigned mask, int predicate, SIMT_CALLER);
unsigned __reduce_add_sync(unsigned mask, unsigned value, SIMT_CALLER);
int __reduce_add_sync(unsigned mask, int value, SIMT_CALLER);

void __threadfence();
void __threadfence_block();

namespace simt::detail {

enum class Shuffle { index, up, down, exclusive_or };

/// `bits` of the lane that `kind`, `by` and `width` name. A lane that is not in the mask gives all ones
/// (NaN).
std::uint64_t shuffle(Shuffle kind, unsigned mask, std::uint64_t bits, int by, int width, const char* file,
                      int line);

template <class T>
T shuffle_value(Shuffle kind, unsigned mask, T value, int by, int width, const char* file, int line) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "CUDA shuffles 32 or 64 bits");
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<T>(
      static_cast<Bits>(shuffle(kind, mask, std::bit_cast<Bits>(value), by, width, file, line)));
}

}  // namespace simt::detail

template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, SIMT_CALLER) {
  return simt::detail::shuffle_value(simt::detail::Shuffle::index, mask, value, lane, width, file, line);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, SIMT_CALLER) {
  return simt::detail::shuffle_value(simt::detail::Shuffle::up, mask, value, static_cast<int>(by), width,
                                     file, line);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, SIMT_CALLER) {
  return simt::detail::shuffle_value(simt::detail::Shuffle::down, mask, value, static_cast<int>(by), width,
                                     file, line);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int by, int width = 32, SIMT_CALLER) {
  return simt::detail::shuffle_value(simt::detail::Shuffle::exclusive_or, mask, value, by, width, file, line);
}

#undef SIMT_CALLER
