#include "innate/engine/json.h"

namespace innate::engine {

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
  return object({
      optional("every", integer(1), 1000,
               "steps between tests; there is one before the first step and one after the last"),
      optional("images", either({word({"all"}), integer(1)}), "all",
               "how many test images, drawn anew for every test"),
      optional("stop", stop, "never",
               "when a replica stops early; paper: at the first test that does not beat the best by 0.005 "
               "(the text); "
               "authors: after two tests in a row without a new best (their code)"),
  });
}

Testing testing_from_json(const Json& json) {
  Testing t;
  const Json resolved = resolve(test_schema(), json, "test");
  t.every = resolved.at("every");
  t.images = resolved.at("images").is_string() ? 0 : resolved.at("images").get<std::int64_t>();
  const Json& stop = resolved.at("stop");
  if (stop.at("type") == "stagnation") t.stop = {stop.at("patience"), stop.at("improvement")};
  return t;
}

bool Progress::stops(const Stopping& rule, double accuracy) {
  const bool progress = rule.improvement > 0 ? accuracy > best + rule.improvement : accuracy >= best;
  stagnant = progress || best < 0 ? 0 : stagnant + 1;
  best = accuracy > best ? accuracy : best;
  return rule.patience > 0 && stagnant >= rule.patience;
}

}  // namespace innate::engine
