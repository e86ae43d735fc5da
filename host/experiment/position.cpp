#include "position.h"

#include <algorithm>

namespace innate::host {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::size_t line_start(const std::string& text, std::size_t byte) {
  const std::size_t newline = byte == 0 ? std::string::npos : text.rfind('\n', byte - 1);
  return newline == std::string::npos ? 0 : newline + 1;
}

}  // namespace

Position position_of(const std::string& text, std::size_t byte) {
  byte = std::min(byte, text.size());
  const auto at = text.begin() + static_cast<std::ptrdiff_t>(byte);
  const auto start = text.begin() + static_cast<std::ptrdiff_t>(line_start(text, byte));
  return {1 + static_cast<std::size_t>(std::count(text.begin(), at, '\n')),
          1 + static_cast<std::size_t>(std::count_if(start, at, starts_character))};
}

std::string excerpt(const std::string& text, std::size_t byte) {
  constexpr std::size_t around = 60;
  byte = std::min(byte, text.size());
  const std::size_t end = std::min({text.find('\n', byte), text.size(), byte + around});
  std::size_t start = std::max(line_start(text, byte), byte > around ? byte - around : 0);
  while (start < byte && !starts_character(text[start])) ++start;
  std::string mark;
  for (std::size_t i = start; i < byte; ++i) {
    if (starts_character(text[i])) mark += text[i] == '\t' ? '\t' : ' ';
  }
  return "  " + text.substr(start, end - start) + "\n  " + mark + '^';
}

std::string located(const std::string& name, const std::string& text, std::size_t byte,
                    const std::string& message) {
  const Position position = position_of(text, byte);
  return name + ':' + std::to_string(position.line) + ':' + std::to_string(position.column) + ": " + message +
         '\n' + excerpt(text, byte);
}

}  // namespace innate::host
