// A file's text, with an error for each way in which there may be none.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "host/data/file_kind.h"
#include "parse.h"

namespace innate::host {
namespace {

constexpr std::size_t most_bytes = std::size_t{16} << 20;

std::string read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw ParseError(file +
                     ": this file cannot be opened for reading: " + std::generic_category().message(errno));
  std::string text(most_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad())
    throw ParseError(file + ": reading this file failed: " + std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  text.shrink_to_fit();
  return text;
}

/// The parser would point at the first byte of what is no text, or print it.
void require_text(const std::string& text, const std::string& file) {
  const FileKind kind = kind_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  if (kind.form == FileKind::Form::text || (text.front() == '{' && text[1] != '\0')) return;
  const bool encoded = kind.what.find("UTF-") != std::string::npos;
  throw ParseError(file + ": this is " + kind.what + ", not an experiment file (JSON in UTF-8); " +
                   (encoded ? kind.advice : "name the file that holds the experiment"));
}

}  // namespace

Json parse_file(const std::string& file) {
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  if (!std::filesystem::status_known(status))
    throw ParseError(file + ": this file cannot be looked at: " + failed.message());
  if (!std::filesystem::exists(status)) throw ParseError(file + ": there is no such file");
  if (std::filesystem::is_directory(status))
    throw ParseError(file + ": this is a directory, not an experiment file");
  const std::string text = read(file);
  if (text.empty()) throw ParseError(file + ": this file is empty");
  require_text(text, file);
  if (text.size() > most_bytes) throw ParseError(file + ": this file is larger than 16 MiB");
  return parse(text, file);
}

}  // namespace innate::host
