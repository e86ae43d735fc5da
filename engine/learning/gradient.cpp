#include "innate/engine/learning.h"
#include "innate/engine/schemas.h"

namespace innate::engine {

Value learning_schema() {
  const Field rate = required("rate", number_above(0), "learning rate");
  const Value adam = object({
      rate,
      optional("beta1", number_below(0, 1), 0.9, "decay of the mean of gradients"),
      optional("beta2", number_below(0, 1), 0.999, "decay of the mean of squared gradients"),
      optional("epsilon", number(1e-37), 1e-8, "added to the root of the mean of squares"),
  });
  const Value sgd = object(
      {rate, optional("momentum", number_below(0, 1), 0.0, "share of the last step that is taken again")});
  const Value gradient = object(
      {
          required("optimizer", variant({{"adam", adam}, {"sgd", sgd}}), "how gradients become steps"),
          optional("batch", integer(1, 1 << 20), 64, "images a step"),
          maybe("steps", integer(1, 1e10), "how many steps"),
          maybe("epochs", integer(1, 1e6), "or how many times through the training images (whole batches)"),
      },
      {{"steps", "epochs"}});
  return variant({{"gradient", gradient}});
}

Gradient gradient_from_json(const Json& json, int samples) {
  Gradient g;
  const Json& optimizer = json.at("optimizer");
  g.rate = optimizer.at("rate");
  if (optimizer.at("type") == "adam") {
    g.adam = {optimizer.at("beta1"), optimizer.at("beta2"), optimizer.at("epsilon")};
  } else {
    g.kind = Gradient::Kind::sgd;
    g.sgd = {optimizer.at("momentum")};
  }
  g.batch = json.at("batch");
  if (g.batch > samples)
    throw SchemaError("learning.batch", "is " + std::to_string(g.batch) + ", but the training set has only " +
                                            std::to_string(samples) + " images");
  g.steps = json.contains("steps") ? json.at("steps").get<std::int64_t>()
                                   : json.at("epochs").get<std::int64_t>() * (samples / g.batch);
  return g;
}

}  // namespace innate::engine
