// What runs start with whose genome is `from` another results folder.
#pragma once

#include <innate/engine/spec.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "host/command/stored_runs.h"

namespace innate::host {

class Origins {
 public:
  /// `beside`: the folder from which relative folders are looked for, before the working directory.
  explicit Origins(std::filesystem::path beside) : beside_(std::move(beside)) {}

  /// The numbers that a run of this point starts with; null where they are drawn from its seed. Throws
  /// SchemaError, which names the key and the folder, where there is no such folder, run or array in it.
  std::shared_ptr<const engine::Draw> start(const Json& point, const engine::Spec& spec, const RunRow& row);
  /// Of genomes.bin of the folders that were asked for, by their names.
  const std::map<std::string, std::string>& digests() const { return digests_; }

 private:
  const StoredRuns& folder(const std::string& name);

  std::filesystem::path beside_;
  std::map<std::string, std::unique_ptr<StoredRuns>> folders_;
  std::map<std::string, std::string> digests_;
};

/// SHA-256 of all of its numbers.
std::string digest(const engine::Draw& draw);

}  // namespace innate::host
