#include "simt/vectors.h"

#include <cstdint>
#include <string>

#include "access.h"
#include "block.h"

namespace {

using simt::detail::Access;

void announce(const void* address, std::size_t bytes, Access kind, const void* code) {
  simt::detail::LibraryScope scope;
  if (reinterpret_cast<std::uintptr_t>(address) % bytes)
    simt::detail::fail("misaligned address: an access of " + std::to_string(bytes) + " bytes");
  if (scope.before) simt::detail::access(address, bytes, kind, code);
}

template <class T>
T load(const float* from, const void* code) {
  announce(from, sizeof(T), Access::read, code);
  return *reinterpret_cast<const T*>(from);
}

template <class T>
void store(float* to, const T& value, const void* code) {
  announce(to, sizeof(T), Access::write, code);
  *reinterpret_cast<T*>(to) = value;
}

}  // namespace

namespace simt {

float2 load8(const float* from) { return load<float2>(from, __builtin_return_address(0)); }
float4 load16(const float* from) { return load<float4>(from, __builtin_return_address(0)); }
void store8(float* to, float2 value) { store(to, value, __builtin_return_address(0)); }
void store16(float* to, float4 value) { store(to, value, __builtin_return_address(0)); }

}  // namespace simt
