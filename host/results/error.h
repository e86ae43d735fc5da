#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace innate::host {

/// A results file or folder cannot be written, read or trusted. The text names the file and says what to do.
struct ResultsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws ResultsError "<file>: cannot <attempt>: <strerror(error)>; <hint>". `bytes_needed` is for the hint
/// of a full disk; 0 where it is not known.
[[noreturn]] void throw_file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                                   std::uint64_t bytes_needed = 0);

}  // namespace innate::host
