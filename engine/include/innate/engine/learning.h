// Learners, when what they learn is tested, and when a replica stops.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "innate/engine/genome.h"
#include "innate/engine/task.h"
#include "innate/kernels/api.h"
#include "innate/kernels/optimizer.h"

namespace innate::engine {

/// What a learner writes its step down with.
struct Model {
  const Genome& genome;
  const Network& network;
  const Task& task;
};
/// A replica's own arrays on a tape: what it has inherited, all its learned numbers, and one of each of the
/// rest.
struct Own {
  Inherited inherited;
  Variable learned;               // 1 x numbers
  std::vector<Variable> tensors;  // its parts
  Variable seed, rate, clock, loss_sum;
};

/// How a genome gets better. It says which arrays it keeps of a replica, and writes a step down.
class INNATE_API Learner {
 public:
  virtual ~Learner() = default;
  /// Steps of a replica, and samples that it sees at each.
  virtual std::int64_t steps() const = 0;
  virtual int batch() const = 0;
  virtual double rate() const = 0;
  /// The arrays that it keeps beside the learned numbers, each as long as those, all 0 at first.
  virtual std::vector<std::string> kept() const = 0;
  /// Writes the section "train", of which one pass is one step.
  virtual void write(Tape& tape, const Model& model, const Own& own) const = 0;
};

/// Gradient descent on mini-batches. Its arrays: Adam's "first_moment" and "second_moment", SGD's "velocity",
/// which without momentum is the gradient of the last step.
struct INNATE_API Gradient : Learner {
  enum class Kind { adam, sgd } kind = Kind::adam;
  optimizer::Adam adam;
  optimizer::Sgd sgd;
  double learning_rate = 1e-3;  // of either kind
  int images = 64;              // a step
  std::int64_t most = 0;        // steps; has to be given

  std::int64_t steps() const override { return most; }
  int batch() const override { return images; }
  double rate() const override { return learning_rate; }
  std::vector<std::string> kept() const override;
  void write(Tape& tape, const Model& model, const Own& own) const override;
};

/// Stops a replica after `patience` tests in a row without progress. Progress is an accuracy above the best
/// so far plus `improvement`; where improvement is 0, equalling the best is enough (as in the authors' code).
/// patience 0: never.
struct Stopping {
  int patience = 0;
  double improvement = 0;
};

struct Testing {
  std::int64_t every = 1000;  // steps; also before the first step and after the last
  std::int64_t images = 0;    // drawn anew for every test; 0: all test images
  Stopping stop;
};

/// What the stopping rule remembers of one replica.
struct INNATE_API Progress {
  double best = -1;
  int stagnant = 0;

  /// Takes the accuracy of a test; true: the rule says stop.
  bool stops(const Stopping& rule, double accuracy);
};

}  // namespace innate::engine
