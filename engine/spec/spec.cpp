#include "innate/engine/spec.h"

namespace innate::engine {

namespace {

void check_fit(const Network& network, const Classification& task, const Testing& testing) {
  const int units = network.outputs();
  const std::string path = "network.layers[" + std::to_string(network.layers.size() - 1) + "].units";
  if (units > 256)
    throw SchemaError(path, "is " + std::to_string(units) + "; a classifier has at most 256 classes");
  if (units < task.classes)
    throw SchemaError(path, "is " + std::to_string(units) + ", but the data has " +
                                std::to_string(task.classes) + " classes");
  if (testing.images > task.test.count())
    throw SchemaError("test.images", "is " + std::to_string(testing.images) + ", but the test set has " +
                                         std::to_string(task.test.count()) + " images");
}

}  // namespace

std::shared_ptr<const Spec> spec_from_json(const Json& point, std::shared_ptr<const Classification> task) {
  auto spec = std::make_shared<Spec>();
  spec->network = network_from_json(point.at("network"), task->height, task->width, task->channels);
  spec->testing = testing_from_json(point.at("test"));
  check_fit(spec->network, *task, spec->testing);
  spec->genome = genome_from_json(point.at("genome"));
  spec->learner = learner_from_json(point.at("learning"), task->train.count());
  spec->task = std::move(task);
  return spec;
}

}  // namespace innate::engine
