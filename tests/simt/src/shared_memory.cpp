#include "shared_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "block.h"
#include "sanitizer.h"

namespace simt {
namespace detail {
namespace {

constexpr std::size_t kGuard = 64 * 1024;  // on both sides; a multiple of the alignment (1024)
constexpr std::size_t kArea = kGuard + kMaxShared + kGuard;
constexpr std::size_t kWatched = 1024;  // bytes of each guard that are compared when a block ends
constexpr unsigned char kGuardByte = 0xa5;

bool untouched(const char* from, std::size_t bytes) {
  return std::all_of(from, from + bytes,
                     [](char byte) { return static_cast<unsigned char>(byte) == kGuardByte; });
}

}  // namespace

SharedMemory shared_memory;

void SharedMemory::begin_block(std::size_t bytes) {
  if (!area_) {
    void* memory = mmap(nullptr, kArea, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    area_ = static_cast<char*>(memory);
    data_ = area_ + kGuard;
  }
  ASAN_UNPOISON_MEMORY_REGION(area_, kArea);
  bytes_ = bytes;
  fields_.clear();
  std::memset(data_ - kWatched, kGuardByte, kWatched);
  std::memset(data_, 0xff, bytes);  // NaN as any float type, -1 as an integer
  std::memset(data_ + bytes, kGuardByte, kWatched);
  if (SIMT_ASAN) {
    ASAN_POISON_MEMORY_REGION(area_, kGuard);
    ASAN_POISON_MEMORY_REGION(data_ + bytes, kArea - kGuard - bytes);
  }
}

void SharedMemory::end_block() { ASAN_UNPOISON_MEMORY_REGION(area_, kArea); }

bool SharedMemory::guards_intact(std::string* what) const {
  if (!untouched(data_ - kWatched, kWatched))
    *what = "before the start of";
  else if (!untouched(data_ + bytes_, kWatched))
    *what = "past the end of";
  else
    return true;
  *what = "OUT OF BOUNDS: something was written " + *what + " the " + std::to_string(bytes_) +
          " bytes of shared memory of block " + to_string(running.index) + "; the checker finds the line";
  return false;
}

bool SharedMemory::in_area(const void* address) const {
  return static_cast<std::size_t>(static_cast<const char*>(address) - area_) < kArea;
}

void SharedMemory::name_field(const char* name, const void* address, std::size_t bytes) {
  const auto at = static_cast<std::size_t>(offset(address));
  for (const SharedField& field : fields_)
    if (field.offset == at && field.bytes == bytes) return;
  fields_.push_back({name, at, bytes});
}

std::string SharedMemory::describe(std::ptrdiff_t offset) const {
  std::string text = "shared memory +" + std::to_string(offset) + " of " + std::to_string(bytes_) + " bytes";
  const auto at = static_cast<std::size_t>(offset);
  for (const SharedField& field : fields_)
    if (at - field.offset < field.bytes)
      return text + " ('" + field.name + "' +" + std::to_string(at - field.offset) + ")";
  return text;
}

}  // namespace detail

void* dynamic_shared() {
  detail::LibraryScope scope;
  if (!detail::shared_memory.bytes())
    detail::fail("dynamic_shared() in a launch with 0 bytes of shared memory");
  return detail::shared_memory.data();
}

bool is_shared(const void* address) { return detail::shared_memory.in_area(address); }

void shared_field(const char* name, const void* address, std::size_t bytes) {
  if (!detail::running.checked) return;
  detail::LibraryScope scope;
  detail::shared_memory.name_field(name, address, bytes);
}

}  // namespace simt
