// Digests of what tests compute, so that machines can be compared that never meet: where INNATE_DIGESTS names
// a file, every result that a test on a backend compares leaves a line "TEST DIGEST" there. What a test
// leaves on the SIMT executor it leaves on every device, on which it may leave more: lines are a set, in no
// order.
#pragma once

#include <gtest/gtest.h>

#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace innate::test {

/// FNV-1a over the bits of what is added; all NaNs are one, as in `same_bits`.
class Digest {
 public:
  Digest& add(std::uint64_t bits) {
    for (int byte = 0; byte < 8; ++byte) sum_ = (sum_ ^ (bits >> 8 * byte & 0xff)) * 0x100000001b3;
    return *this;
  }
  Digest& add(double x) {
    std::uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return add(std::isnan(x) ? ~std::uint64_t{0} : bits);
  }
  Digest& add(const std::vector<float>& numbers) {
    add(std::uint64_t{numbers.size()});
    for (const float x : numbers) add(double{x});
    return *this;
  }
  Digest& add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    return *this;
  }

  /// Writes the line, if lines are wanted.
  void note() const {
    static std::FILE* const file = wanted() ? std::fopen(std::getenv("INNATE_DIGESTS"), "w") : nullptr;
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    if (!file || !test || off()) return;
    // Products on tensor cores or by a library are held to errors, not to bits.
    const std::string name = std::string(test->test_suite_name()) + "." + test->name();
    for (const char* word : {"tf32", "bf16", "Precisions.", "Library"})
      if (name.find(word) != name.npos) return;
    std::fprintf(file, "%s.%s %016" PRIx64 "\n", test->test_suite_name(), test->name(), sum_);
    std::fflush(file);
  }
  static bool wanted() { return std::getenv("INNATE_DIGESTS") != nullptr; }
  static bool& off() {
    static bool is_off = false;
    return is_off;
  }

 private:
  std::uint64_t sum_ = 0xcbf29ce484222325;
};

/// In its scope results leave none.
struct NoDigests {
  NoDigests() { Digest::off() = true; }
  ~NoDigests() { Digest::off() = false; }
  NoDigests(const NoDigests&) = delete;
};

}  // namespace innate::test
