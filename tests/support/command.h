// The program `innate` as a user runs it: in a folder of its own, on a tiny data set, with no pictures unless
// wanted.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_data.h"

namespace innate::test {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

enum Status { kDone = 0, kFailed = 1, kBadUsage = 2, kInterrupted = 130 };

inline std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

inline Words lines(const std::string& text) {
  Words all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline testing::AssertionResult says(const std::string& text, const Words& parts) {
  for (const std::string& part : parts)
    if (!contains(text, part))
      return testing::AssertionFailure() << "does not say \"" << part << "\":\n" << text;
  return testing::AssertionSuccess();
}

/// Ended with this status and without a signal, and said all of this on standard error.
inline testing::AssertionResult ended(const Ending& ending, int status, const Words& err = {}) {
  if (ending.timed_out || ending.signal != 0 || ending.status != status)
    return testing::AssertionFailure()
           << "ended with status " << ending.status << ", signal " << ending.signal
           << (ending.timed_out ? " (too slow)" : "") << ", expected status " << status << "\n"
           << ending.out << ending.err;
  return says(ending.err, err);
}

/// Everything in a folder: contents and times of change.
struct Entry {
  std::string content;
  fs::file_time_type changed;
  bool operator==(const Entry&) const = default;
};
inline std::map<std::string, Entry> snapshot(const fs::path& folder) {
  std::map<std::string, Entry> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    all[fs::relative(entry.path(), folder).string()] = {
        entry.is_regular_file() ? read(entry.path()) : "a folder", entry.last_write_time()};
  return all;
}

/// Names of what lies in a folder; empty where it is absent.
inline std::vector<std::string> names(const fs::path& folder) {
  std::vector<std::string> all;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    all.push_back(entry.path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}

/// A CSV table; a cell in quotes holds no quotes and no line ends.
struct Rows {
  Words columns;
  std::vector<std::map<std::string, std::string>> rows;
};
inline Rows table(const fs::path& file) {
  const auto cells = [](const std::string& line) {
    Words all(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        all.emplace_back();
      else
        all.back() += c;
    }
    return all;
  };
  Rows table;
  for (const std::string& line : lines(read(file))) {
    if (table.columns.empty()) {
      table.columns = cells(line);
      continue;
    }
    const Words row = cells(line);
    EXPECT_EQ(row.size(), table.columns.size()) << line;
    table.rows.emplace_back();
    for (std::size_t i = 0; i < std::min(row.size(), table.columns.size()); ++i)
      table.rows.back()[table.columns[i]] = row[i];
  }
  return table;
}

/// Everything that a finished run writes and that holds no times, byte for byte: the three tables, what was
/// learned, and the paths of genes where they have any.
inline std::map<std::string, std::string> tables(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const char* name : {"runs.csv", "metrics.csv", "summary.csv", "genomes.bin"}) {
    all[name] = read(folder / name);
    EXPECT_FALSE(all[name].empty()) << (folder / name);
  }
  if (fs::exists(folder / "genes.csv")) all["genes.csv"] = read(folder / "genes.csv");
  return all;
}

class Command : public testing::Test {
 protected:
  void SetUp() override { write_tiny_data(data_ / "tiny"); }

  /// A minute of JSON: two replicas of a genome that learns `tiny` in a fraction of a second.
  static Json experiment(const Json& changes = Json::object()) {
    Json json = Json::parse(R"({
      "innate": 1, "name": "bands", "seed": 7, "replicas": 2,
      "task": { "type": "classification", "data": "tiny" },
      "network": { "layers": [ { "type": "dense", "units": 3 } ] },
      "genome": { "type": "gem", "genes": 2 },
      "learning": { "type": "gradient", "optimizer": { "type": "adam", "rate": 0.01 }, "batch": 16, "steps": 60 },
      "test": { "every": 20 } })");
    json.merge_patch(changes);
    return json;
  }

  /// Writes an experiment into the working directory; returns its name there.
  std::string put(const Json& json, const std::string& name = "experiment.json") const {
    write(folder_ / name, json.dump(1));
    return name;
  }

  Invocation innate(const Words& arguments) const {
    const fs::path nothing = folder_ / "no-programs";
    return {INNATE_BINARY,
            arguments,
            {{"INNATE_DATA", data_.string()},
             {"HOME", (folder_ / "home").string()},
             {"XDG_DATA_HOME", std::nullopt},
             {"OMP_NUM_THREADS", std::nullopt},
             {"PATH", pictures_ ? std::getenv("PATH") : nothing.string()}},
            folder_};
  }

  /// `innate run`, on one CPU thread where nothing else is asked for.
  Invocation innate_run(const Words& arguments) const {
    Words all = {"run", "--device", "cpu"};
    if (std::find(arguments.begin(), arguments.end(), "--threads") == arguments.end())
      all.insert(all.end(), {"--threads", "1"});
    all.insert(all.end(), arguments.begin(), arguments.end());
    return innate(all);
  }

  /// Runs it to its end in results folder `out`; returns its tables.
  std::map<std::string, std::string> results(const Json& json, const std::string& out,
                                             const Words& arguments = {}) const {
    Words all = {put(json, out + ".json"), "--out", out};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Ending ending = run(innate_run(all));
    EXPECT_TRUE(ended(ending, kDone));
    return tables(folder_ / out);
  }

  static bool have_gnuplot() {
    std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
    for (std::string folder; std::getline(path, folder, ':');)
      if (access((folder + "/gnuplot").c_str(), X_OK) == 0) return true;
    return false;
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();  // of this test; the program's working directory
  const fs::path data_ = folder_ / "data";     // holds the set "tiny"
  bool pictures_ = false;                      // whether the program finds gnuplot
};

}  // namespace innate::test
