#pragma once

#include <span>
#include <string>

#include "host/results/csv.h"

namespace innate::host {

/// The named columns (those that the table has, in the order asked for) as aligned text lines for people.
/// Results (run_table.h) to the right, with four significant digits, accuracies and `percent` in %; what says
/// which run it is (variant, point) as it stands, and as much of it as a line has room for. An empty cell is
/// "-".
std::string terminal_table(const Table& table, std::span<const std::string> columns);

}  // namespace innate::host
