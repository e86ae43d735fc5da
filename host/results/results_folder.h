#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "host/results/file.h"

namespace innate::host {

/// The lock lies in the folder that it protects.
inline constexpr const char* lock_name = ".lock";

/// Throws ResultsError, as FolderLock does, where another process holds the folder. Touches nothing.
void refuse_second_process(const std::filesystem::path& folder);

/// Keeps a second process (or a second FolderLock of this one) out of a results folder. The kernel drops it
/// when the process dies, however it dies; the file then stays, harmless.
class FolderLock {
 public:
  /// Throws ResultsError that names the process which holds the lock.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(FolderLock&&) noexcept = default;
  ~FolderLock();

 private:
  std::filesystem::path file_;
  Descriptor descriptor_;
};

/// The files of a results folder.
namespace results_name {
inline constexpr const char* experiment = "experiment.json";
inline constexpr const char* provenance = "provenance.json";
inline constexpr const char* metrics = "metrics.csv";
inline constexpr const char* runs = "runs.csv";
inline constexpr const char* summary = "summary.csv";
inline constexpr const char* genes = "genes.csv";        // where a genome has places
inline constexpr const char* genomes = "genomes.bin";    // what every run has learned
inline constexpr const char* checkpoint = "checkpoint";  // a folder
inline constexpr const char* curve = "curve";            // stem of the pictures
}  // namespace results_name

enum class FolderState {
  absent,
  empty,       // or holds only what a killed run left before its first file
  finished,    // an experiment, all of it
  unfinished,  // go on from its checkpoint where there is one, else from the beginning
};

/// A folder is ours when it holds an experiment.json that is a JSON object. It is finished when runs.csv and
/// summary.csv are there and provenance.json says "finished": true. That is the mark: provenance.json is
/// written with false when a run starts and with true as the very last file, so a crash anywhere leaves the
/// folder unfinished. Looks only, changes nothing. Throws ResultsError where the folder is not ours, or
/// cannot be read.
FolderState inspect(const std::filesystem::path& folder);

/// Makes a folder and its parents. Throws ResultsError.
void create_folder(const std::filesystem::path& folder);

/// A results folder that this process alone may write, for as long as the object lives.
class ResultsFolder {
 public:
  /// Creates the folder where it is absent, locks it and removes leftovers. Throws ResultsError, before
  /// anything is touched, where the folder is not ours.
  explicit ResultsFolder(std::filesystem::path folder);

  const std::filesystem::path& path() const { return path_; }
  /// checkpoint/<name>; the folder checkpoint/ is created by the first call.
  std::filesystem::path checkpoint(const std::string& name) const;

  /// Writes experiment.json, and provenance.json with "finished": false: that first where there are results
  /// already. Call it before the first result is written.
  void begin(nlohmann::ordered_json provenance, std::string_view experiment) const;
  /// Writes provenance.json with "finished": true and removes checkpoint/; call it after every other file.
  void finish(nlohmann::ordered_json provenance) const;

 private:
  void write_provenance(nlohmann::ordered_json provenance, bool finished) const;

  std::filesystem::path path_;
  FolderLock lock_;
};

}  // namespace innate::host
