// The images that `innate test` is asked to take.
#pragma once

#include <innate/engine/dataset.h>

#include <string>
#include <vector>

#include "host/experiment/experiment.h"

namespace innate::host {

/// `data` and `on` as in TestOptions; `task`: the run's. Throws DataError.
engine::Dataset test_images(const std::vector<std::string>& data, const std::string& on, const Json& task);

}  // namespace innate::host
