#pragma once

#include <span>
#include <string>

#include "host/results/csv.h"

namespace innate::host {

/// The named columns (those that the table has, in the order asked for) as aligned text lines for people:
/// numbers to the right, four significant digits, accuracies and `percent` in %, an empty cell as "-".
std::string terminal_table(const Table& table, std::span<const std::string> columns);

}  // namespace innate::host
