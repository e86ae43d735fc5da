// Learning by gradient descent, when it is tested, and when it stops.
#pragma once

#include <cstdint>

#include "innate/engine/schema.h"
#include "innate/kernels/api.h"
#include "innate/kernels/optimizer.h"

namespace innate::engine {

struct Gradient {
  enum class Kind { adam, sgd } kind = Kind::adam;
  optimizer::Adam adam;
  optimizer::Sgd sgd;
  double rate = 0;
  int batch = 0;
  std::int64_t steps = 0;
};

/// From `learning` of a resolved experiment; `samples`: images of the training set (an epoch is samples /
/// batch steps).
INNATE_API Gradient gradient_from_json(const Json& json, int samples);

/// Stops a replica after `patience` tests in a row without progress. Progress is an accuracy above the best
/// so far plus `improvement`; where improvement is 0, equalling the best is enough (as in the authors' code).
/// patience 0: never.
struct Stopping {
  int patience = 0;
  double improvement = 0;
};

struct Testing {
  std::int64_t every = 0;  // steps; also before the first step and after the last
  int images = 0;          // drawn anew for every test; 0: all test images
  Stopping stop;
};

/// From `test` of a resolved experiment.
INNATE_API Testing testing_from_json(const Json& json);

/// What the stopping rule remembers of one replica.
struct INNATE_API Progress {
  double best = -1;
  int stagnant = 0;

  /// Takes the accuracy of a test; true: the rule says stop.
  bool stops(const Stopping& rule, double accuracy);
};

}  // namespace innate::engine
