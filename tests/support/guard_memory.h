// The only allocator that tests use: every block lies between guard words and starts out as NaNs.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "innate/kernels/context.h"
#if defined(INNATE_SIMT)
#include "simt/config.h"
#endif

namespace innate::test {

/// Wraps the context's own allocator. A block of n bytes lies inside one of kGuard + n + kGuard bytes, with
/// guard words directly before its first and after its last byte, so that writing one element too far fails
/// the test when the block is freed or `verify` is called. A guard word is a NaN whose low bits count, so
/// that reading too far shows in results. Blocks are filled with 0xFF bytes. Everything goes through the
/// context: it works for memory of a device, too.
///
/// Under the checker of the SIMT executor blocks are handed out bare: it knows every allocation's exact end
/// and every byte that nobody wrote, and fillings would hide both from it.
class GuardMemory : public Allocator {
 public:
  static constexpr std::size_t kGuard = 4096;

  explicit GuardMemory(Context& context) : context_(context), inner_(context.memory()), guard_(kGuard) {
#if defined(INNATE_SIMT)
    bare_ = simt::config().check;
#endif
    for (std::size_t i = 0; i < kGuard / 4; ++i) {
      const uint32_t word = 0xffc00000u | static_cast<uint32_t>(i);
      std::memcpy(guard_.data() + 4 * i, &word, 4);
    }
  }
  ~GuardMemory() override {
    if (!blocks_.empty()) ADD_FAILURE() << blocks_.size() << " blocks were not freed";
  }
  GuardMemory(const GuardMemory&) = delete;
  GuardMemory& operator=(const GuardMemory&) = delete;

  bool bare() const { return bare_; }

  void* allocate(std::size_t bytes) override {
    auto* outer = static_cast<unsigned char*>(inner_.allocate(bytes + 2 * guard()));
    unsigned char* block = outer + guard();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 256, 0u)
        << "the context's allocator aligns to less than 256 bytes";
    if (!bare_) {
      std::vector<unsigned char> content(bytes + 2 * kGuard, 0xff);
      std::memcpy(content.data(), guard_.data(), kGuard);
      std::memcpy(content.data() + kGuard + bytes, guard_.data(), kGuard);
      context_.upload(outer, content.data(), content.size());
    }
    blocks_[block] = bytes;
    return block;
  }

  void deallocate(void* block, std::size_t bytes) noexcept override {
    auto* place = static_cast<unsigned char*>(block);
    const auto found = blocks_.find(place);
    if (found == blocks_.end() || found->second != bytes) {
      ADD_FAILURE() << "freed a block of " << bytes << " bytes that was not allocated with that size";
      return;
    }
    verify(place, bytes);
    blocks_.erase(found);
    inner_.deallocate(place - guard(), bytes + 2 * guard());
  }

  /// Fails the test for every block alive whose guards are not as they were.
  void verify() {
    for (const auto& [block, bytes] : blocks_) verify(block, bytes);
  }

 private:
  std::size_t guard() const { return bare_ ? 0 : kGuard; }

  void verify(const unsigned char* block, std::size_t bytes) noexcept {
    if (bare_) return;
    try {
      verify(block - kGuard, "before", "the first byte", bytes, true);
      verify(block + bytes, "after", "the last byte", bytes, false);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "cannot read the guards of a block of " << bytes << " bytes: " << error.what();
    }
  }

  void verify(const unsigned char* place, const char* side, const char* edge, std::size_t bytes,
              bool before) {
    std::vector<unsigned char> now(kGuard);
    context_.synchronize();
    context_.download(now.data(), place, kGuard);
    std::size_t wrong = 0, nearest = 0;
    for (std::size_t i = 0; i < kGuard; ++i) {
      const std::size_t at = before ? kGuard - 1 - i : i;
      if (now[at] == guard_[at]) continue;
      if (wrong++ == 0) nearest = i + 1;
    }
    if (wrong)
      ADD_FAILURE() << "written " << side << " a block of " << bytes << " bytes: " << wrong
                    << " guard bytes changed, the nearest " << nearest << " " << side << " " << edge;
  }

  Context& context_;
  Allocator& inner_;
  bool bare_ = false;
  std::vector<unsigned char> guard_;
  std::map<unsigned char*, std::size_t> blocks_;
};

}  // namespace innate::test
