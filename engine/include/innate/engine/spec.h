// Spec: one point of an experiment, as what the engine works with. JSON ends here (json.h).
#pragma once

#include <memory>

#include "innate/engine/genome.h"
#include "innate/engine/learning.h"
#include "innate/engine/network.h"
#include "innate/engine/task.h"
#include "innate/kernels/precision.h"

namespace innate::engine {

struct INNATE_API Spec {
  std::shared_ptr<const Genome> genome;
  Network network;
  std::shared_ptr<const Task> task;
  std::shared_ptr<const Learner> learner;
  Testing testing;
  Precision precision = Precision::exact;  // of training and tests

  /// Throws Error, with the numbers, where a part is missing or out of its range, or the parts do not fit
  /// each other or a context of this backend. Pools and `needs` ask it.
  void check(Backend backend) const;
};

}  // namespace innate::engine
