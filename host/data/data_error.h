// What every function of host/data throws.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace innate::host {

class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// "/full/name: found FOUND, expected EXPECTED; ADVICE".
  DataError(const std::filesystem::path& file, const std::string& found, const std::string& expected,
            const std::string& advice)
      : std::runtime_error(full_name(file) + ": found " + found + ", expected " + expected + "; " + advice) {}

 private:
  static std::string full_name(const std::filesystem::path& file) {
    std::error_code failed;
    const std::filesystem::path full = std::filesystem::absolute(file, failed);
    return failed ? file.string() : full.lexically_normal().string();
  }
};

}  // namespace innate::host
