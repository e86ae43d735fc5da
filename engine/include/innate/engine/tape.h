// Tape: how a step is written down, once. Genomes, networks, tasks and learners call its functions in the
// order in which things happen; it records instructions, knows the way back of each, and orders contributions
// to a gradient: the first sets it, later ones add, in the order of the tape. Nothing is computed while it
// records. Every function throws Error, with the sizes, where what it is given is empty, of another shape
// than its comment says, of another tape, or outside its array, and where no section has begun.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "innate/kernels/activation.h"
#include "innate/kernels/api.h"
#include "innate/kernels/context.h"
#include "innate/kernels/field.h"
#include "innate/kernels/identities.h"
#include "innate/kernels/optimizer.h"
#include "innate/kernels/pooling.h"
#include "innate/kernels/precision.h"
#include "innate/kernels/view.h"

namespace innate::program {
struct Code;
}

namespace innate::engine {

class DeviceImages;

/// An array of the tape, or a part of one: rows x columns elements, row-major. Empty where there is none.
struct Variable {
  int array = -1;
  std::int64_t offset = 0;  // elements
  std::int64_t rows = 0, columns = 0;

  std::int64_t size() const { return rows * columns; }
  explicit operator bool() const { return array >= 0; }
  /// `rows` x `columns` elements from `offset` on.
  Variable part(std::int64_t from, std::int64_t rows_, std::int64_t columns_) const {
    return {array, offset + from, rows_, columns_};
  }
};

/// What a layer sees: floats (rows x columns), or images of a set, as the rows that were chosen.
struct Signal {
  Variable values;
  const DeviceImages* set = nullptr;
  Variable chosen;     // uint32, rows x 1
  float scale = 1.0f;  // of a pixel
  std::int64_t rows = 0, columns = 0;
  double density =
      1.0;              // the share that is not 0: moves the order of products, so it must not follow a batch
  bool turned = false;  // values are columns x rows: what fields see
};

/// The weights of a layer, inputs x outputs, in one of the forms that a network can use.
struct Weights {
  enum class Form { whole, factored, combined, fields } form = Form::whole;
  Variable w;        // whole; of fields: places x (weights of a place), or 1 x these where all share them
  Variable x, o, y;  // factored: s X O Y^T; of grown fields X may be given, for Grown::profiles
  Variable r, p;     // combined: s R P; R may be left out, and is made from `seed`
  Variable seed;
  Variable scale;  // one number; empty: 1
  Variable bias;   // outputs; of fields also one a channel; empty: none
  std::int64_t inputs = 0, outputs = 0;
  field::Geometry field;  // of fields
};

/// Grids of neurons, one a channel.
struct Grid {
  int height = 0, width = 0, channels = 1;
};

class INNATE_API Tape {
 public:
  explicit Tape(Backend backend);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Of the products that are recorded from now on (precision.h); before: exact. Sections with a product that
  /// this takes to tensor cores or to a library are not fused.
  void precision(Precision precision);

  // ---- arrays

  /// An array of a replica that lasts from run to run. `learned`: gradients flow to it.
  Variable state(const std::string& name, std::int64_t rows, std::int64_t columns, int element_bytes = 4,
                 bool learned = false);
  /// An array of the section that is being written.
  Variable scratch(const std::string& name, std::int64_t rows, std::int64_t columns, int element_bytes = 4);

  /// The array lasts from run to run: it can be read when a section has ended.
  void keep(Variable v);

  // ---- sections

  /// What is recorded from now on belongs to a section of this name. `way_back`: whether there will be one,
  /// which decides the order of products.
  void section(const std::string& name, bool way_back);
  /// What is recorded from now on happens once a run, before the first pass; then, what happens in every
  /// pass.
  void prologue();
  void body();

  // ---- growing

  struct Profiles {
    Variable u, v;
    Grid grid;
  };
  /// Gaussian profiles of genes over a grid, from their places (3 channels x genes), and X from them
  /// (expression.h).
  Profiles profiles(Variable places, const Grid& grid);
  Variable expand(const Profiles& profiles);
  /// X of a grid's neurons whose profiles are not separable (identities.h), from the places of its genes
  /// (2 axes x genes).
  Variable identities(Variable places, const Grid& grid, int axes, expression::Profile profile, bool centred);
  /// theta = s c R (basis.h): 1 x weights. `r` empty: R is made from `seed`.
  Variable combine(Variable r, Variable seed, Variable c, std::int64_t weights, Variable scale);
  /// The weights of every place of a layer of fields, s Y_r O^T X_r^T (field.h): places x (weights of a
  /// place), from the expression X of the map that is seen (neurons x genes), O and the expression Y of its
  /// own.
  Variable grow_fields(Variable x, Variable o, Variable y, Variable scale, const field::Geometry& geometry);
  /// The weights as one array, for export and pictures: no way back.
  Variable whole(const Weights& weights);

  // ---- network

  /// Rows as columns (or back), which fields need.
  Signal turn(const Signal& signal);
  /// y = A W + b, with W in any form; of fields, whose signal is turned, and so is y (field.h: outputs).
  Variable layer(const Signal& a, const Weights& weights);
  /// y = f(y), in place. It stands behind the call that has made y, before any that reads it.
  void activate(Variable y, activation::Function function);
  /// A learner's: what dropout leaves of numbers at step *clock (dropout.h). Layers draw from streams of
  /// their own, whose number is `layer`.
  Variable dropout(Variable values, double rate, int layer, Variable seed, Variable clock);
  /// What pooling makes of maps (pooling.h), one a column: height * width * channels rows, as the grid says.
  Variable pool(Variable values, const Grid& grid, const pooling::Window& window);

  // ---- task

  /// Step *clock of a replica: `rows` images of a set of `samples`, shuffled anew by `seed` every `batches`
  /// steps. Writes rows (uint32) and labels (uint8).
  void choose(const DeviceImages& set, std::int64_t rows, std::int64_t batches, Variable seed, Variable clock,
              Variable chosen, Variable labels);
  /// Images first + *clock * rows onwards; clock empty: first onwards.
  void choose_in_order(const DeviceImages& set, std::int64_t rows, std::int64_t first, Variable clock,
                       Variable chosen, Variable labels);
  /// Softmax cross-entropy: adds its mean to loss_sum, and begins the way back (the gradient lies in the
  /// logits' place).
  void cross_entropy(Variable logits, Variable labels, Variable loss_sum);
  /// The same for a test: sets loss and correct (int32).
  void measure(Variable logits, Variable labels, Variable loss, Variable correct);
  /// Adds a call's loss and correct answers, of `rows` of a test's `images` images, to losses (double) and
  /// right (int64).
  void tally(Variable loss, Variable correct, std::int64_t rows, std::int64_t images, Variable losses,
             Variable right);

  // ---- learning

  /// The way back of all that was recorded in this section, to the learned arrays.
  void backward();
  /// The gradient of a learned array, after `backward`. Throws Error where nothing has written a part of it;
  /// `parts`: those that must have been.
  Variable gradient(Variable learned, const std::vector<Variable>& parts) const;
  void adam(const optimizer::Adam& settings, Variable rate, Variable clock, Variable gradient, Variable m,
            Variable v, Variable parameters);
  void sgd(const optimizer::Sgd& settings, Variable rate, Variable gradient, Variable velocity,
           Variable parameters);
  /// The rate of step *clock: `rate` itself where the schedule is constant.
  Variable schedule(const optimizer::Schedule& schedule, Variable rate, Variable clock);
  /// The gradient of `y` is `dy`, of the same size, as whoever is in charge of it has written it: with
  /// `pause`, between the halves of a run (program.h), or the function of a call.
  void begin_backward(Variable y, Variable dy);
  /// The end of a step: *clock += 1. Where the step grew its weights as a combination of what this step has
  /// updated, the next step's are grown here, strip by strip with the way back and the update: R is then read
  /// once a step.
  void tick(Variable clock);
  /// To zero, in the prologue: 8-byte elements.
  void clear(Variable value);

  // ---- work of your own, in sections that engine::Program runs (pools refuse them)

  /// Where arrays lie, in the context's memory.
  using Addresses = std::function<void*(Variable)>;
  using Function = std::function<void(Context&, const Addresses&)>;
  /// Here `function` is called: on CUDA it enqueues its work on the context's stream, and may be captured
  /// with it. `touched`: the arrays that it reads or writes; they then last from run to run. No gradient
  /// flows through it.
  void call(Function function, const std::vector<Variable>& touched);
  /// Here a run can be halted, to go on later. `touched`: arrays that are read or written meanwhile; they
  /// then last from run to run. One to a section.
  void pause(const std::vector<Variable>& touched);

  Backend backend() const;
  /// Bytes of an element of each array.
  const std::vector<int>& element_bytes() const;
  /// What was recorded.
  program::Code take();

 private:
  struct Record;
  std::unique_ptr<Record> record_;
};

}  // namespace innate::engine
