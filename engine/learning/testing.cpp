#include <algorithm>
#include <cmath>

#include "innate/engine/json.h"

namespace innate::engine {

namespace {

constexpr std::int64_t kMostTests = 10000;  // at steps in equal ratios

}  // namespace

Value test_schema() {
  const auto stagnation = [](int patience, double improvement) {
    return Json{{"type", "stagnation"}, {"patience", patience}, {"improvement", improvement}};
  };
  const Value rule = variant({
      {"never", object({})},
      {"stagnation",
       object({required("patience", integer(1, 1000000),
                        "tests in a row without progress after which a replica stops"),
               required("improvement", wide(number(0, 1)),
                        "progress is an accuracy above the best so far plus this; 0: at least the best")})},
  });
  const Value stop = preset(
      {{"never", Json{{"type", "never"}}}, {"paper", stagnation(1, 0.005)}, {"authors", stagnation(2, 0.0)}},
      rule);
  const Value log = object({required("log", integer(2, kMostTests),
                                     "so many tests from step 1 to the last, in equal ratios, at whole "
                                     "steps, and one before the first step")});
  return object(
      {optional("every", integer(1), 1000,
                "steps between tests; there is one before the first step and one after the last"),
       maybe("at", log, "when to test, in place of `every`"),
       optional("images", either({word({"all"}), integer(1)}), "all",
                "how many test images, drawn anew for every test"),
       optional("stop", stop, "never",
                "when a replica stops early; paper: at the first test that does not beat the best by 0.005 "
                "(the text); "
                "authors: after two tests in a row without a new best (their code)"),
       maybe(
           "measures", list(word({"modularity", "class_distance"}), 1),
           "what a test measures beside accuracy and loss; modularity: of the graph of neurons with the "
           "sizes of the weights between layers; class_distance: of the first 1,000 test images, from their "
           "class's mean (within) and between classes' means (between), as the logits and as each hidden "
           "layer show them"),
       maybe("select",
             object({required("from", word({"train"}), "held out of the training images"),
                     required("images", integer(1, 1 << 30), "how many; the same ones for all seeds")}),
             "held-out images, on which each test measures held_out_accuracy too; "
             "best_accuracy_by_held_out is then the test accuracy where that was best")},
      {{"every", "at"}});
}

Testing testing_from_json(const Json& json) {
  Testing t;
  const Json resolved = resolve(test_schema(), json, "test");
  if (resolved.contains("every")) t.every = resolved.at("every");
  if (resolved.contains("at")) t.log = resolved.at("at").at("log");
  t.images = resolved.at("images").is_string() ? 0 : resolved.at("images").get<std::int64_t>();
  const Json& stop = resolved.at("stop");
  if (stop.at("type") == "stagnation") t.stop = {stop.at("patience"), stop.at("improvement")};
  const Json measures = resolved.value("measures", Json::array());
  for (std::size_t i = 0; i < measures.size(); ++i) {
    const Measure measure = measures[i] == "modularity" ? Measure::modularity : Measure::class_distance;
    if (std::find(t.measures.begin(), t.measures.end(), measure) != t.measures.end())
      throw SchemaError("test.measures[" + std::to_string(i) + "]", measures[i].dump() + " is listed twice");
    t.measures.push_back(measure);
  }
  if (resolved.contains("select")) t.held_out = resolved.at("select").at("images");
  return t;
}

std::int64_t Testing::next(std::int64_t last, std::int64_t steps) const {
  if (last < 0) return 0;
  if (log == 0) return last >= steps - every ? steps : (last / every + 1) * every;
  for (std::int64_t i = 0; i + 1 < log; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(log - 1);
    const auto at = static_cast<std::int64_t>(std::llround(std::pow(static_cast<double>(steps), share)));
    if (at > last) return std::min(at, steps);
  }
  return steps;
}

std::int64_t Testing::count(std::int64_t steps) const {
  return log > 0 ? std::min(log, steps) + 1 : (steps - 1) / every + 2;
}

bool Progress::stops(const Stopping& rule, double accuracy) {
  const bool progress = rule.improvement > 0 ? accuracy > best + rule.improvement : accuracy >= best;
  stagnant = progress || best < 0 ? 0 : stagnant + 1;
  best = accuracy > best ? accuracy : best;
  return rule.patience > 0 && stagnant >= rule.patience;
}

}  // namespace innate::engine
