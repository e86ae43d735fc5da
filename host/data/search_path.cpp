#include "host/data/search_path.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "host/data/byte_source.h"
#include "host/data/data_error.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

// Full, and with no slash at its end, so that filename() is the folder's name.
fs::path full_name(const fs::path& directory) {
  const fs::path full = fs::absolute(directory).lexically_normal();
  return full.has_filename() ? full : full.parent_path();
}

void require_directory(const std::string& entry) {
  std::error_code failed;
  if (fs::is_directory(entry, failed)) return;
  throw DataError(entry, what_is_at(entry), "a directory with a folder for each set", "correct --data");
}

void add(std::vector<fs::path>& path, const fs::path& directory) {
  if (directory.empty()) return;
  const fs::path full = full_name(directory);
  if (std::find(path.begin(), path.end(), full) == path.end()) path.push_back(full);
}

}  // namespace

fs::path user_data_directory() {
  const fs::path data_home = environment("XDG_DATA_HOME");
  if (data_home.is_absolute())
    return data_home / "innate";  // the XDG specification: a relative one is ignored
  const fs::path home = environment("HOME");
  return home.empty() ? fs::path() : home / ".local/share/innate";
}

std::vector<fs::path> data_path(const std::vector<std::string>& from_command_line) {
  std::vector<fs::path> path;
  for (const std::string& entry : from_command_line) {
    require_directory(entry);
    add(path, entry);
  }
  std::istringstream entries(environment("INNATE_DATA"));
  for (std::string entry; std::getline(entries, entry, ':');) add(path, entry);
  add(path, user_data_directory());
  add(path, "/usr/share/datasets");
  return path;
}

}  // namespace innate::host
