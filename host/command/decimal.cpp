#include "host/command/decimal.h"

#include <algorithm>
#include <charconv>

namespace innate::host {

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t most) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most) return std::nullopt;
  return number;
}

}  // namespace innate::host
