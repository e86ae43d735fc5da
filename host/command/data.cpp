#include "host/command/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "host/command/process.h"
#include "host/command/terminal.h"
#include "host/data/data_error.h"
#include "host/data/find_sets.h"
#include "host/data/load.h"
#include "host/fetch/fetch.h"

namespace innate::host {

namespace {

namespace fs = std::filesystem;

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::vector<const KnownSet*> known_sets_called(const std::string& name) {
  std::vector<const KnownSet*> sets;
  std::string names;
  for (const KnownSet& set : known_sets()) {
    names += (names.empty() ? "" : ", ") + std::string(set.name);
    if (name.empty() || name == "all" || name == set.name) sets.push_back(&set);
  }
  if (sets.empty())
    throw UsageError("No data set called '" + name + "' is published as far as innate knows; it knows " +
                     names);
  return sets;
}

std::string state_of(const KnownSet& set, const std::optional<FoundSet>& found) {
  if (!found) return fmt::format("not here: innate data fetch {}", set.name);
  if (found->complete()) return fmt::format("here: {}", found->location().string());
  return fmt::format("incomplete: {} lacks {}", found->location().string(), found->missing.front());
}

void print_known(const KnownSet& set, const std::vector<fs::path>& path) {
  show(fmt::format("{}  {}, {} unpacked\n", set.name, set.title, megabytes(set.bytes())));
  show(fmt::format("  {}\n", state_of(set, find_set(std::string(set.name), path))));
  const char* before = "homes:";
  for (const std::string_view mirror : set.mirrors) {
    show(fmt::format("  {:6} {}\n", before, mirror));
    before = "";
  }
  if (!set.package.empty()) show(fmt::format("  {:6} Debian package {}\n", "", set.package));
}

/// "60000 + 10000 images of 28 x 28, 10 classes".
std::string summary(const engine::DatasetPair& pair) {
  return fmt::format("{} + {} images of {}, {} classes", pair.train.count, pair.test.count,
                     size_text(pair.train.height, pair.train.width, pair.train.channels), pair.train.classes);
}

/// Prints one line; false where the set is not right.
bool verify(const FoundSet& set) {
  const KnownSet* known = known_set(set.name);
  try {
    std::vector<fs::path> files;
    const engine::DatasetPair pair = load(set, known, &files);
    const std::string contents = summary(pair);
    show(fmt::format("{}  OK  {}{}  {}\n", set.name, contents,
                     known ? ", as published" : " (no published set: its form alone was checked)",
                     set.location().string()));
    for (const std::string& doubt : doubts(pair, files)) show(fmt::format("  {}\n", doubt));
    return true;
  } catch (const DataError& error) {
    show(fmt::format("{}  WRONG  {}\n", set.name, error.what()));
    return false;
  }
}

/// What fetch says on the terminal.
class Report {
 public:
  void say(const std::string& text) {
    line_.reset();
    host::say(text);
  }
  void progress(const std::string& file, std::uint64_t done, std::uint64_t total) {
    if (total == 0 || done >= total) return;
    if (!line_)
      line_ =
          std::make_unique<ProgressLine>(static_cast<std::int64_t>(total), static_cast<std::int64_t>(done));
    line_->show(static_cast<std::int64_t>(done),
                fmt::format("{}: {} of {}", file, megabytes(done), megabytes(total)));
  }
  void end() { line_.reset(); }

 private:
  std::unique_ptr<ProgressLine> line_;  // of the file that is coming
};

fs::path destination(const DataOptions& options) {
  const fs::path folder = options.to.empty() ? user_data_directory() : fs::path(options.to);
  if (folder.empty()) throw DataError("There is no HOME to put data into; say where with --to");
  return folder;
}

Fetched fetch_one(const KnownSet& set, const DataOptions& options) {
  Report report;
  FetchOptions how;
  how.folder = destination(options) / set.name;
  how.mirrors = options.mirrors;
  how.stop = interrupted;
  how.say = [&](const std::string& text) { report.say(text); };
  how.progress = [&](const std::string& file, std::uint64_t done, std::uint64_t total) {
    report.progress(file, done, total);
  };
  const Fetched outcome = fetch(set, how);
  report.end();
  if (outcome != Fetched::interrupted)
    show(fmt::format("{}  {}  {}\n", set.name, outcome == Fetched::done ? "fetched" : "was there already",
                     how.folder.string()));
  return outcome;
}

void require_http(const std::vector<std::string>& mirrors) {
  for (const std::string& mirror : mirrors)
    if (!mirror.starts_with("http://") && !mirror.starts_with("https://"))
      throw UsageError("--mirror " + mirror + ": expected a URL that begins with http:// or https://");
}

}  // namespace

int data_list(const DataOptions& options) {
  const auto path = data_path(options.data);
  for (const KnownSet* set : known_sets_called(options.name)) print_known(*set, path);
  if (!options.name.empty()) return kDone;
  bool first = true;
  for (const FoundSet& set : find_sets(path)) {
    if (known_set(set.name)) continue;
    if (std::exchange(first, false)) show("other sets here\n");
    show(
        fmt::format("  {}  {}{}\n", set.name, set.location().string(), set.complete() ? "" : "  incomplete"));
  }
  return kDone;
}

int data_verify(const DataOptions& options) {
  const auto path = data_path(options.data);
  std::vector<FoundSet> sets;
  if (options.name.empty() || options.name == "all") {
    sets = find_sets(path);
  } else {
    auto set = find_set(options.name, path);
    if (!set && !known_set(options.name)) throw UsageError(missing_set(options.name, path).what());
    if (!set) throw missing_set(options.name, path);
    sets.push_back(std::move(*set));
  }
  if (sets.empty()) throw DataError("No data set is here; `innate data fetch` brings the published ones");
  const auto wrong =
      std::count_if(sets.begin(), sets.end(), [](const FoundSet& set) { return !verify(set); });
  return wrong == 0 ? kDone : kFailed;
}

int data_fetch(const DataOptions& options) {
  watch_for_interrupt();
  require_http(options.mirrors);
  int status = kDone;
  for (const KnownSet* set : known_sets_called(options.name)) {
    try {
      if (fetch_one(*set, options) != Fetched::interrupted) continue;
      say("interrupted; the same command goes on from what has come");
      return kInterrupted;
    } catch (const DataError& error) {
      say(fmt::format("innate: {}", error.what()));
      status = kFailed;
    }
  }
  return status;
}

}  // namespace innate::host
