#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace innate::host {

/// The first place where two documents differ, for people: "genome.genes is 26 in a and 11 in b"; empty where
/// they are equal, key order included. `a_name` and `b_name` stand for the documents ("the folder", "this
/// experiment").
std::string first_difference(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b,
                             const std::string& a_name, const std::string& b_name);

}  // namespace innate::host
