#include "simt/asynchronous.h"

#include <cstring>
#include <string>

#include "access.h"
#include "block.h"
#include "checker.h"
#include "scheduler.h"
#include "shared_memory.h"

namespace simt::detail {
namespace {

void check_operands(const float* to, const float* from, int floats, std::uint32_t bytes) {
  const std::string what = "an asynchronous copy of " + std::to_string(bytes) + " bytes";
  if (reinterpret_cast<std::uintptr_t>(to) % bytes || reinterpret_cast<std::uintptr_t>(from) % bytes)
    fail("misaligned address: " + what);
  if (floats < 0 || 4 * static_cast<std::uint32_t>(floats) > bytes)
    fail(what + " reads " + std::to_string(floats) + " floats");
  if (!shared_memory.in_area(to)) fail(what + " must lead to shared memory");
  if (shared_memory.in_area(from)) fail(what + " must come from global memory");
}

void begin(float* to, const float* from, int floats, std::uint32_t bytes, const void* code) {
  LibraryScope scope;
  check_operands(to, from, floats, bytes);
  AsyncCopies& copies = running.current->copies;
  AsyncCopy copy{reinterpret_cast<char*>(to),
                 reinterpret_cast<const char*>(from),
                 bytes,
                 4 * static_cast<std::uint32_t>(floats),
                 copies.groups,
                 scheduler.reads_early(),
                 {},
                 code};
  if (scope.before) {
    access(copy.from, copy.read, Access::read, code);
    access(copy.to, bytes, Access::write, code);
  }
  if (running.checked) checker.copy_began(copy);
  if (copy.early) std::memcpy(copy.taken.data(), copy.from, copy.read);
  std::memset(copy.to, 0xff, bytes);
  copies.under_way.push_back(copy);
}

void land(const AsyncCopy& copy) {
  if (running.checked) checker.copy_landed(copy);
  std::memcpy(copy.to, copy.early ? copy.taken.data() : copy.from, copy.read);
  std::memset(copy.to + copy.read, 0, copy.bytes - copy.read);
}

}  // namespace

void wait_copies(int left) {
  LibraryScope scope;
  AsyncCopies& copies = running.current->copies;
  std::size_t landed = 0;
  for (const AsyncCopy& copy : copies.under_way) {
    if (copy.group >= copies.groups - left) break;
    land(copy);
    ++landed;
  }
  copies.under_way.erase(copies.under_way.begin(),
                         copies.under_way.begin() + static_cast<std::ptrdiff_t>(landed));
}

}  // namespace simt::detail

namespace simt {

using detail::begin;

void copy_async4(float* to, const float* from, int floats) {
  begin(to, from, floats, 4, __builtin_return_address(0));
}
void copy_async8(float* to, const float* from, int floats) {
  begin(to, from, floats, 8, __builtin_return_address(0));
}
void copy_async16(float* to, const float* from, int floats) {
  begin(to, from, floats, 16, __builtin_return_address(0));
}
void copy_async16(float* to, const float* from) { begin(to, from, 4, 16, __builtin_return_address(0)); }

void commit_copies() {
  detail::LibraryScope scope;
  ++detail::running.current->copies.groups;
}

}  // namespace simt
