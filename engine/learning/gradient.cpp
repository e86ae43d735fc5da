#include <algorithm>
#include <iterator>

#include "innate/engine/json.h"
#include "kernels/core/check.h"

namespace innate::engine {

std::vector<std::string> Gradient::kept() const {
  if (kind == Kind::adam) return {"first_moment", "second_moment"};
  return {"velocity"};
}

void Gradient::write(Tape& tape, const Model& model, const Own& own) const {
  require(kind == Kind::adam || kind == Kind::sgd, "there is no kind ", static_cast<int>(kind),
          " of gradient descent; use one of enum Gradient::Kind");
  std::vector<Variable> moments;
  for (const std::string& name : kept()) moments.push_back(tape.state(name, 1, own.learned.columns));
  tape.section("train", true);
  const Task::Sensed sensed = model.task.sense(tape, images, own.seed, own.clock);
  const std::vector<Weights> weights = model.genome.grow(tape, model.network, own.inherited);
  const Variable answers = model.network.apply(tape, sensed.signal, weights, {own.seed, own.clock});
  model.task.judge(tape, sensed, answers, own.loss_sum);
  tape.backward();
  const Variable gradient = tape.gradient(own.learned, own.tensors);
  const Variable rate = tape.schedule(schedule, own.rate, own.clock);
  if (kind == Kind::adam)
    tape.adam(adam, rate, own.clock, gradient, moments[0], moments[1], own.learned);
  else
    tape.sgd(sgd, rate, gradient, moments[0], own.learned);
  tape.tick(own.clock);
}

namespace {

Value gradient_fields() {
  const Field rate = required("rate", number_above(0), "learning rate");
  const Field schedule = maybe(
      "schedule",
      preset({{"constant", Json{{"type", "constant"}}}, {"cosine", Json{{"type", "cosine"}, {"to", 0.02}}}},
             variant({{"constant", object({})},
                      {"cosine", object({optional("to", number(0, 1), 0.02,
                                                  "the share of the rate that the last step has")})},
                      {"step", object({required("every", integer(1), "so many, the rate changes"),
                                       optional("unit", word({"steps", "epochs"}), "epochs", "of what"),
                                       required("by", number_above(0),
                                                "what the rate is multiplied with; at most 1")})}})),
      "how the rate changes: constant (the default), cosine: half a period over all steps, or step");
  const Value adam = object({
      rate,
      schedule,
      optional("beta1", number_below(0, 1), 0.9, "decay of the mean of gradients"),
      optional("beta2", number_below(0, 1), 0.999, "decay of the mean of squared gradients"),
      optional("epsilon", number(1e-37), 1e-8, "added to the root of the mean of squares"),
  });
  const Value sgd =
      object({rate, schedule,
              optional("momentum", number_below(0, 1), 0.0, "share of the last step that is taken again")});
  return object(
      {
          required("optimizer", variant({{"adam", adam}, {"sgd", sgd}}), "how gradients become steps"),
          optional("batch", integer(1, 1 << 20), 64, "images a step"),
          maybe("steps", integer(1, 1e10), "how many steps"),
          maybe("epochs", integer(1, 1e6), "or how many times through the training images (whole batches)"),
      },
      {{"steps", "epochs"}});
}

optimizer::Schedule schedule_from(const Json& json, const Gradient& learner, int samples) {
  using Kind = optimizer::Schedule::Kind;
  if (json.at("type") == "constant") return {};
  if (json.at("type") == "cosine") return {Kind::cosine, learner.most, json.at("to"), 1.0};
  const double by = json.at("by");
  if (by > 1)
    throw SchemaError("learning.optimizer.schedule.by",
                      "is " + json.at("by").dump() + "; at most 1 is possible");
  const std::int64_t unit = json.at("unit") == "epochs" ? samples / learner.images : 1;
  return {Kind::step, json.at("every").get<std::int64_t>() * unit, 0.0, by};
}

std::shared_ptr<const Learner> gradient_from_json(const Json& json, int samples) {
  auto g = std::make_shared<Gradient>();
  const Json& optimizer = json.at("optimizer");
  g->learning_rate = optimizer.at("rate");
  if (optimizer.at("type") == "adam") {
    g->adam = {optimizer.at("beta1"), optimizer.at("beta2"), optimizer.at("epsilon")};
  } else {
    g->kind = Gradient::Kind::sgd;
    g->sgd = {optimizer.at("momentum")};
  }
  g->images = json.at("batch");
  if (g->images > samples)
    throw SchemaError("learning.batch", "is " + std::to_string(g->images) +
                                            ", but the training set has only " + std::to_string(samples) +
                                            " images");
  g->most = json.contains("steps") ? json.at("steps").get<std::int64_t>()
                                   : json.at("epochs").get<std::int64_t>() * (samples / g->images);
  if (optimizer.contains("schedule")) g->schedule = schedule_from(optimizer.at("schedule"), *g, samples);
  return g;
}

/// The kinds of learners, by the name they have in an experiment.
struct Kind {
  const char* type;
  Value (*fields)();
  std::shared_ptr<const Learner> (*make)(const Json&, int samples);
};
constexpr Kind kKinds[] = {{"gradient", gradient_fields, gradient_from_json}};

}  // namespace

Value learning_schema() {
  std::vector<Type> types;
  for (const Kind& kind : kKinds) types.push_back({kind.type, kind.fields()});
  return variant(std::move(types));
}

std::shared_ptr<const Learner> learner_from_json(const Json& json, int samples) {
  const Json resolved = resolve(learning_schema(), json, "learning");
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& one) {
    return resolved.at("type") == one.type;
  });  // one of them: the table is made of them
  return kind->make(resolved, samples);
}

}  // namespace innate::engine
