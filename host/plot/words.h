#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace innate::host {

/// A column's name in words with its unit, as it stands on an axis: "best_accuracy" -> "best test accuracy,
/// %".
std::string axis_words(std::string_view column);

/// What to multiply a column's values by to get the unit of axis_words: 100 for accuracies, else 1.
double axis_factor(std::string_view column);

/// The texts in a row. (fmt::join would do; with it, g++ 12 warns of fmt's own code at -O3.)
std::string joined(const std::vector<std::string>& texts, std::string_view separator);

}  // namespace innate::host
