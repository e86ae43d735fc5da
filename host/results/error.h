#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace innate::host {

/// A results file or folder cannot be written, read or trusted. The text names the file and says what to do.
struct ResultsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// "<file>: cannot <attempt>: <strerror(error)>; <what to do>". `bytes_needed` is for the advice of a full
/// disk; 0 where it is not known.
std::string file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                       std::uint64_t bytes_needed = 0);
/// Throws it as a ResultsError.
[[noreturn]] void throw_file_error(const std::filesystem::path& file, std::string_view attempt, int error,
                                   std::uint64_t bytes_needed = 0);

}  // namespace innate::host
