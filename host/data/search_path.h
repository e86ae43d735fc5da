// The directories in which sets are looked for. A set lies in a folder of its own name below one of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace innate::host {

/// First the directories of `--data`, then those of INNATE_DATA (separated by colons), the user's own and
/// Debian's; full names, each once. Throws DataError where one of `--data` is not a directory; the others
/// need not exist.
std::vector<std::filesystem::path> data_path(const std::vector<std::string>& from_command_line);

/// $XDG_DATA_HOME/innate or ~/.local/share/innate; empty where neither variable says.
std::filesystem::path user_data_directory();

}  // namespace innate::host
