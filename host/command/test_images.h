// The images that `innate test` is asked to take.
#pragma once

#include <innate/engine/dataset.h>

#include <filesystem>
#include <string>
#include <vector>

#include "host/experiment/experiment.h"

namespace innate::host {

struct TestImages {
  engine::Dataset set;
  std::filesystem::path labels;  // the file that holds them, for messages
  std::string digest;            // of the whole set, where it has the name of the run's own; else empty
};

/// `data` and `on` as in TestOptions; `task`: the run's. Throws DataError.
TestImages test_images(const std::vector<std::string>& data, const std::string& on, const Json& task);

}  // namespace innate::host
