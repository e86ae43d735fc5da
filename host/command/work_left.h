// What lies where an experiment's results are to go, and what is left to do there.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "host/experiment/experiment.h"
#include "host/results/results_folder.h"

namespace innate::host {

/// experiment.json's text.
std::string resolved_text(const Experiment& experiment);

struct There {
  FolderState state = FolderState::absent;
  std::string text;                      // experiment.json
  std::optional<Experiment> experiment;  // the same

  std::size_t runs() const {
    return experiment->points.size() * static_cast<std::size_t>(experiment->replicas);
  }
};

/// Throws ResultsError where the folder is not ours, or holds an experiment.json that no run of `resolved`
/// wrote.
There look(const std::filesystem::path& folder, const std::string& resolved);

enum class Work { none, redraw, train };

/// What is left to do for the experiment, a part of the whole, in a folder; throws where nothing may be done.
Work work_left(const std::filesystem::path& folder, const There& there, const Experiment& experiment,
               const Experiment& whole, bool resume);

/// What the folder's provenance.json says; null where there is none.
nlohmann::ordered_json earlier_part(const std::filesystem::path& folder);

/// Throws ResultsError where a set is not the one that was read when the folder was begun. `data`: digests by
/// name.
void check_data(const std::filesystem::path& folder, const std::map<std::string, std::string>& data);

}  // namespace innate::host
