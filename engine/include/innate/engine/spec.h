// Spec: one point of an experiment, read once into what the engine works with. JSON ends here.
#pragma once

#include <memory>

#include "innate/engine/genome.h"
#include "innate/engine/learning.h"
#include "innate/engine/network.h"
#include "innate/engine/task.h"

namespace innate::engine {

struct Spec {
  std::shared_ptr<const Genome> genome;
  Network network;
  std::shared_ptr<const Task> task;
  std::shared_ptr<const Learner> learner;
  Testing testing;
};

/// From a resolved point of an experiment, for images that are loaded. Throws SchemaError where the
/// experiment does not fit them.
INNATE_API std::shared_ptr<const Spec> spec_from_json(const Json& point,
                                                      std::shared_ptr<const Classification> task);

}  // namespace innate::engine
