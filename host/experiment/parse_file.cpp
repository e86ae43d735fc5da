// A file's text, with an error for each way in which there may be none.
#include <filesystem>
#include <fstream>

#include "parse.h"

namespace innate::host {
namespace {

constexpr std::size_t most_bytes = std::size_t{16} << 20;

std::string read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw ParseError(file + ": this file cannot be opened for reading");
  std::string text(most_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) throw ParseError(file + ": reading this file failed");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  text.shrink_to_fit();
  return text;
}

}  // namespace

Json parse_file(const std::string& file) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (!std::filesystem::exists(status)) throw ParseError(file + ": there is no such file");
  if (std::filesystem::is_directory(status))
    throw ParseError(file + ": this is a directory, not an experiment file");
  const std::string text = read(file);
  if (text.empty()) throw ParseError(file + ": this file is empty");
  if (text.size() > most_bytes) throw ParseError(file + ": this file is larger than 16 MiB");
  return parse(text, file);
}

}  // namespace innate::host
