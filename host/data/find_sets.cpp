#include "host/data/find_sets.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "host/data/byte_source.h"
#include "host/data/data_error.h"

namespace innate::host {

namespace fs = std::filesystem;

// ---- the path

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

// ---- the sets

namespace {

/// Also a link to nothing: reading it says so.
fs::path find_file(const fs::path& folder, const std::vector<std::string>& names) {
  std::error_code failed;
  for (const std::string& name : names)
    for (const char* suffix : {"", ".gz", ".xz"})
      if (fs::path file = folder / (name + suffix); fs::exists(fs::symlink_status(file, failed))) return file;
  return {};
}

std::size_t present(const FoundSet& set) { return set.files.size() - set.missing.size(); }

/// The files of one format that lie in `folder` itself.
FoundSet files_in(const fs::path& folder, const std::string& name, const SetFormat& format) {
  FoundSet set{name, folder, &format, {}, {}, {}};
  for (std::size_t i = 0; i < format.files.size(); ++i) {
    set.files.push_back(find_file(folder, spellings(format, i, name)));
    if (set.files.back().empty()) set.missing.emplace_back(format.files[i]);
  }
  return set;
}

/// Also below the folder that a published archive unpacks into.
FoundSet files_below(const fs::path& folder, const std::string& name, const SetFormat& format) {
  FoundSet set = files_in(folder, name, format);
  if (present(set) > 0 || format.folder.empty()) return set;
  FoundSet below = files_in(folder / format.folder, name, format);
  return present(below) > 0 ? below : set;
}

/// Of the format of which most files are there.
FoundSet files_of_any_format(const fs::path& folder, const std::string& name) {
  FoundSet best = files_below(folder, name, *set_formats().front());
  for (const SetFormat* format : set_formats().subspan(1))
    if (FoundSet other = files_below(folder, name, *format); present(other) > present(best)) best = other;
  return best;
}

bool is_published(const KnownSet* known, const std::string& file) {
  return known && std::find(known->downloads.begin(), known->downloads.end(), file) != known->downloads.end();
}

/// The archives among the folder's files that `wanted` takes, by name; of a known set's, the published one.
template <class Wanted>
std::vector<fs::path> archives_in(const fs::path& folder, const KnownSet* known, const Wanted& wanted) {
  std::vector<fs::path> all;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    std::error_code unknown;
    if (!is_archive(entry->path()) || !entry->is_regular_file(unknown)) continue;
    const std::string name = entry->path().filename().string();
    if (is_published(known, name)) return {entry->path()};
    if (wanted(name)) all.push_back(entry->path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::optional<FoundSet> of_archives(const fs::path& folder, const std::string& name, const KnownSet* known,
                                    std::vector<fs::path> archives) {
  if (archives.empty()) return std::nullopt;
  const SetFormat& format = known ? *known->format : idx_format();
  return FoundSet{name, folder, &format, std::vector<fs::path>(format.files.size()), {}, std::move(archives)};
}

fs::path without_slash(const fs::path& directory) {
  return directory.has_filename() ? directory : directory.parent_path();
}

std::set<std::string> names_on(const std::vector<fs::path>& path) {
  std::set<std::string> names;
  for (const fs::path& directory : path) {
    names.insert(without_slash(directory).filename().string());
    std::error_code failed;
    fs::directory_iterator entry(directory, failed);
    for (; !failed && entry != fs::directory_iterator(); entry.increment(failed))
      names.insert(without_archive_suffix(entry->path().filename().string()));
  }
  for (const KnownSet& known : known_sets()) names.insert(std::string(known.name));
  return names;
}

/// Archives of other things: several in a folder, or one that lies among the sets and bears another name.
bool is_doubtful(const FoundSet& set, const std::vector<fs::path>& path) {
  if (set.archives.empty() || known_set(set.name)) return false;
  const bool among_sets = std::find(path.begin(), path.end(), set.folder) != path.end();
  const std::string own = without_archive_suffix(set.archives.front().filename().string());
  return set.archives.size() > 1 || (among_sets && own != set.name);
}

}  // namespace

std::optional<FoundSet> find_set_in(const fs::path& folder, const std::string& name, const KnownSet* known) {
  FoundSet set = known ? files_below(folder, name, *known->format) : files_of_any_format(folder, name);
  if (present(set) > 0) return set;
  return of_archives(folder, name, known, archives_in(folder, known, [](const auto&) { return true; }));
}

std::optional<FoundSet> find_set(const std::string& name, const std::vector<fs::path>& path) {
  const KnownSet* known = known_set(name);
  for (const fs::path& directory : path) {
    if (auto below = find_set_in(directory / name, name, known)) return below;
    if (without_slash(directory).filename() == name)
      if (auto itself = find_set_in(without_slash(directory), name, known)) return itself;
    const auto bears_the_name = [&](const std::string& file) { return without_archive_suffix(file) == name; };
    if (auto set = of_archives(directory, name, known, archives_in(directory, known, bears_the_name)))
      return set;
  }
  return std::nullopt;
}

std::vector<FoundSet> find_sets(const std::vector<fs::path>& path) {
  std::vector<FoundSet> sets;
  for (const std::string& name : names_on(path)) {
    auto set = find_set(name, path);
    if (set && !is_doubtful(*set, path)) sets.push_back(std::move(*set));
  }
  return sets;
}

}  // namespace innate::host
