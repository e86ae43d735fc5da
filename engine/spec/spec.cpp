#include "innate/engine/spec.h"

#include <cmath>
#include <cstdio>

#include "innate/engine/json.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

void check_measures(const Network& network, const Testing& testing) {
  for (const Measure measure : testing.measures)
    if (measure == Measure::modularity && !network.all_dense())
      throw SchemaError("test.measures",
                        "modularity is measured of networks of dense layers, and this one has others");
}

void check_fit(const Network& network, const Classification& task, const Testing& testing) {
  const int units = network.outputs();
  const std::string path =
      "network.layers[" + std::to_string(network.number_of(network.depth() - 1)) + "].units";
  if (units > 256)
    throw SchemaError(path, "is " + std::to_string(units) + "; a classifier has at most 256 classes");
  if (units < task.classes)
    throw SchemaError(path, "is " + std::to_string(units) + ", but the data has " +
                                std::to_string(task.classes) + " classes");
  if (testing.images > task.test.count())
    throw SchemaError("test.images", "is " + std::to_string(testing.images) + ", but the test set has " +
                                         std::to_string(task.test.count()) + " images");
  check_measures(network, testing);
}

const Json& part(const Json& point, const char* key) {
  if (!point.is_object()) throw SchemaError("", "a point of an experiment is an object, not " + point.dump());
  if (!point.contains(key)) throw SchemaError(key, "this key is missing");
  return point.at(key);
}

Precision precision_of(const std::string& word) {
  if (word == "tf32") return Precision::tf32;
  if (word == "bf16") return Precision::bf16;
  if (word == "library") return Precision::library;
  if (word == "exact" || word == "fp32") return Precision::exact;
  throw SchemaError("precision",
                    "found \"" + word + "\"; allowed: \"exact\", \"tf32\", \"bf16\" or \"library\"");
}

void check_learner(const Learner& learner, const Task& task) {
  require(learner.steps() >= 1, "a learner takes ", learner.steps(), " steps; at least 1 is needed");
  require(learner.batch() >= 1 && learner.batch() <= task.samples(), "a learner sees ", learner.batch(),
          " samples a step; at least 1, and at most the ", task.samples(),
          " of the training set are possible");
  const double rate = learner.rate();
  require(static_cast<float>(rate) > 0 && std::isfinite(static_cast<float>(rate)), "a learner's rate is ",
          number(rate), "; it must be above 0 and finite, as a float");
}

void check_testing(const Testing& testing, const Task& task) {
  require(testing.every >= 1, "a spec is tested every ", testing.every, " steps; at least 1 is needed");
  require(testing.log >= 0 && testing.log != 1, "a spec is tested ", testing.log,
          " times from step 1 to the last; at least 2 are needed, or 0: every so many steps");
  require(testing.images >= 0 && testing.images <= task.test_samples(), "a test draws ", testing.images,
          " images; 1 to the ", task.test_samples(), " of the test set are possible, or 0: all of them");
  require(testing.stop.patience >= 0, "the patience of a stopping rule is ", testing.stop.patience,
          "; it must be at least 0 (never)");
  require(testing.stop.improvement >= 0 && std::isfinite(testing.stop.improvement),
          "the improvement of a stopping rule is ", number(testing.stop.improvement),
          "; it must be a finite number of at least 0");
  const auto* labelled = dynamic_cast<const Classification*>(&task);
  const std::int64_t held = labelled && labelled->held ? labelled->held->count() : 0;
  require(testing.held_out == 0 || testing.held_out == held, "a test selects by ", testing.held_out,
          " images that were held out of the training set; the task has ", held, " of them (hold_out)");
  for (const Measure measure : testing.measures) {
    const int number = static_cast<int>(measure);
    require(number >= 0 && number <= static_cast<int>(Measure::class_distance), "a test measures ", number,
            "; use one of enum Measure");
    require(measure != Measure::class_distance || labelled,
            "a test measures the distances of classes, and the task has none: it is no Classification");
  }
}

}  // namespace

void Spec::check(Backend backend) const {
  require(genome != nullptr, "a spec has no genome");
  require(task != nullptr, "a spec has no task");
  require(learner != nullptr, "a spec has no learner");
  network.check();
  task->check(network, backend);
  check_learner(*learner, *task);
  check_testing(testing, *task);
  check_measures(network, testing);
}

std::shared_ptr<const Spec> spec_from_json(const Json& point, std::shared_ptr<const Classification> task) {
  require(task != nullptr, "a spec is made for images, and there are none: the task is null");
  auto spec = std::make_shared<Spec>();
  spec->network = network_from_json(part(point, "network"), task->height, task->width, task->channels);
  spec->testing = testing_from_json(point.value("test", Json::object()));
  spec->precision = precision_of(point.value("precision", "fp32"));
  check_fit(spec->network, *task, spec->testing);
  spec->genome = genome_from_json(part(point, "genome"));
  spec->genome->layout(spec->network);  // checks the names of its arrays
  spec->learner = learner_from_json(part(point, "learning"), task->train.count());
  spec->task = std::move(task);
  return spec;
}

}  // namespace innate::engine
