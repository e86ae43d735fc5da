// The message for a set that is nowhere: where it was looked for, and how to get it or what else was meant.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/data/data_error.h"

namespace innate::host {

DataError missing_set(const std::string& name, const std::vector<std::filesystem::path>& path);

}  // namespace innate::host
