#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace innate::host {

/// A CSV file with a header line; every row has as many cells as there are columns. An empty cell is "no
/// value".
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// RFC 4180 quoting, lines end in '\n'. Throws std::invalid_argument where a row has another length than the
/// header.
std::string csv_text(const Table& table);
void write_csv(const std::filesystem::path& file, const Table& table);

/// Accepts '\n' and "\r\n" and a UTF-8 byte order mark. Throws ResultsError "<file>:<line>: <what>".
Table parse_csv(std::string_view text, const std::string& file);
Table read_csv(const std::filesystem::path& file);

std::optional<std::size_t> find_column(const Table& table, std::string_view name);

/// The shortest text that reads back as the same double, in every locale; whole numbers below 1e15 are
/// written out; "inf", "-inf", "nan".
std::string number(double value);
/// The inverse; nullopt where the whole text is not one number.
std::optional<double> parse_number(std::string_view text);

}  // namespace innate::host
