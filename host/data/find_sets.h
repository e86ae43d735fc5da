// The directories in which sets are looked for, and which sets lie there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/data/data_error.h"
#include "host/data/known_sets.h"

namespace innate::host {

/// Where sets are looked for; each lies in a folder of its own name below one of these directories.
/// First the directories of `--data`, then those of INNATE_DATA (separated by colons), the user's own and
/// Debian's; full names, each once. Throws DataError where one of `--data` is not a directory; the others
/// need not exist.
std::vector<std::filesystem::path> data_path(const std::vector<std::string>& from_command_line);

/// $XDG_DATA_HOME/innate or ~/.local/share/innate; empty where neither variable says.
std::filesystem::path user_data_directory();

/// A set's files, or the archive that holds them.
struct FoundSet {
  std::string name;              // its folder's
  std::filesystem::path folder;  // where its files or its archive lie
  const SetFormat* format;       // of an archive of an unknown set: not known before it is read, and IDX here
  std::vector<std::filesystem::path> files;     // in the format's order; empty where missing
  std::vector<std::string> missing;             // names without .gz or .xz; none of an archive
  std::vector<std::filesystem::path> archives;  // where there are no files; load() wants exactly one

  bool complete() const { return missing.empty(); }
  /// The one archive, or the folder.
  const std::filesystem::path& location() const { return archives.size() == 1 ? archives.front() : folder; }
};

/// The first folder called `name` on the path that holds at least one of the set's files, even where it lacks
/// others, or an archive: a set is never taken from behind the back of one in front. A directory of the path
/// may itself be that folder, and may itself hold the archive NAME.zip, NAME.tar.gz, ...
std::optional<FoundSet> find_set(const std::string& name, const std::vector<std::filesystem::path>& path);

/// The same in one folder.
std::optional<FoundSet> find_set_in(const std::filesystem::path& folder, const std::string& name,
                                    const KnownSet* known);

/// Every set that find_set() would find, by name.
std::vector<FoundSet> find_sets(const std::vector<std::filesystem::path>& path);

/// The message for a set that is nowhere: where it was looked for, and how to get it or what else was meant.
DataError missing_set(const std::string& name, const std::vector<std::filesystem::path>& path);

}  // namespace innate::host
