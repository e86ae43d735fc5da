// The table: what it refuses and how it says so, what it writes out, and the reference.
#include <gtest/gtest.h>
#include <innate/engine/schema.h>

#include <cmath>
#include <functional>
#include <limits>
#include <sstream>

namespace innate::engine {
namespace {

Json json(const std::string& text) { return Json::parse(text); }

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const SchemaError& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of(const Value& value, const std::string& text) {
  return error_of([&] { resolve(value, json(text), "a"); });
}

std::string resolved(const Value& value, const std::string& text) {
  return resolve(value, json(text), "a").dump();
}

Value optimizer() {
  return variant({{"adam", object({required("rate", number_above(0), "Step size."),
                                   optional("beta1", number(0, 1), 0.9, "Decay of the mean.")})},
                  {"sgd", object({required("rate", number_above(0), "Step size.")})},
                  {"none", object({})}});
}

Value learner() {
  return object(
      {required("optimizer", optimizer(), "The rule."), optional("batch", integer(1), 64, "Images a step."),
       maybe("steps", integer(1), "Steps."), maybe("epochs", integer(1), "Epochs.")},
      {{"steps", "epochs"}});
}

TEST(Integer, TakesEveryWayOfWritingAWholeNumber) {
  EXPECT_EQ(resolved(integer(0), "1000"), "1000");
  EXPECT_EQ(resolved(integer(0), "1e3"), "1000");
  EXPECT_EQ(resolved(integer(0), "1000.0"), "1000");
  EXPECT_EQ(resolved(integer(-5, 5), "-5"), "-5");
  EXPECT_EQ(resolved(integer(-5, 5), "-5.0"), "-5");
  EXPECT_EQ(resolved(integer(-5, 5), "-0.0"), "0");
  EXPECT_EQ(resolved(integer(0), "9007199254740992"), "9007199254740992");
  EXPECT_TRUE(resolve(integer(0), json("1e3"), "a").is_number_integer());
}

TEST(Integer, SaysWhatWasFoundAndWhatIsAllowed) {
  EXPECT_EQ(error_of(integer(1, 8), "1.5"), "a: found 1.5; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 8), "9"), "a: found 9; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 8), "0"), "a: found 0; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 8), "-3"), "a: found -3; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 8), "\"7\""), "a: found the text \"7\"; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 8), "true"), "a: found true; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 8), "null"), "a: found null; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 8), "[1]"), "a: found a list; allowed: an integer from 1 to 8");
  EXPECT_EQ(error_of(integer(1, 1), "2"), "a: found 2; allowed: the integer 1");
  EXPECT_EQ(error_of(integer(0), "9007199254740993"),
            "a: found 9007199254740993; allowed: an integer from 0 to 2^53");
  EXPECT_EQ(error_of(integer(0), "18446744073709551615"),
            "a: found 18446744073709551615; allowed: an integer from 0 to 2^53");
  EXPECT_EQ(error_of(integer(0), "1e300"), "a: found 1e+300; allowed: an integer from 0 to 2^53");
}

TEST(Number, HasLimits) {
  EXPECT_EQ(resolved(number(0, 1), "0.25"), "0.25");
  EXPECT_EQ(resolved(number(0, 1), "1.0"), "1");
  EXPECT_EQ(error_of(number(0, 1), "1.5"), "a: found 1.5; allowed: a number from 0 to 1");
  EXPECT_EQ(error_of(number_above(0), "0"), "a: found 0; allowed: a number above 0");
  EXPECT_EQ(error_of(number_above(0), "-0.0"), "a: found -0.0; allowed: a number above 0");
  EXPECT_EQ(error_of(number(0.5), "{}"), "a: found an object; allowed: a number of at least 0.5");
  EXPECT_EQ(resolved(wide(number_above(0)), "1e-300"), "1e-300");
}

/// What learning computes with: 1e-50 above 0 would train at a rate of 0.
TEST(Number, IsCheckedAsTheFloatThatItBecomes) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string above = "; allowed: a number above 0", any = "; allowed: a number";
  EXPECT_EQ(error_of(number_above(0), "1e-50"), "a: found 1e-50, which becomes 0 as a 32-bit float" + above);
  EXPECT_EQ(error_of(number(0), "1e-50"),
            "a: found 1e-50, which becomes 0 as a 32-bit float; allowed: a number of at least 0");
  EXPECT_EQ(error_of(number(-infinity), "-1e-50"),
            "a: found -1e-50, which becomes 0 as a 32-bit float" + any);
  EXPECT_EQ(error_of(number_above(0), "1e39"),
            "a: found 1e+39, which is too large for a 32-bit float" + above);
  EXPECT_EQ(error_of(number(-infinity), "-1e39"),
            "a: found -1e+39, which is too large for a 32-bit float" + any);
  EXPECT_EQ(error_of(number_above(0), "1e-40"),
            "a: found 1e-40, which is too small for all digits of a 32-bit float" + above);
  EXPECT_EQ(error_of(number_below(0, 1), "0.99999999999"),
            "a: found 0.99999999999, which becomes 1 as a 32-bit float; allowed: a number from 0 to below 1");
  EXPECT_EQ(error_of(number(0, 1), "1.00000000001"), "a: found 1.00000000001; allowed: a number from 0 to 1");
  EXPECT_EQ(error_of(either({number_above(0), word({"none"})}), "1e-50"),
            "a: found 1e-50, which becomes 0 as a 32-bit float; allowed: a number above 0, or \"none\"");
  EXPECT_EQ(resolved(number(0.1), "0.1"), "0.1") << "a float of 0.1 is not 0.1";
  EXPECT_EQ(resolved(number(1e-37), "1e-37"), "1e-37");
  EXPECT_EQ(resolved(number(0), "-0.0"), "0");
  EXPECT_EQ(resolved(number_below(0, 1), "0.9999999"), "0.9999999");
  EXPECT_EQ(resolved(number_above(0), "3e38"), "3e+38");
  EXPECT_EQ(resolved(wide(number_below(0, 1)), "0.99999999999"), "0.99999999999");
  EXPECT_EQ(resolved(wide(number(-infinity)), "-1e300"), "-1e+300");
}

TEST(Number, IsFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {std::nan(""), infinity, -infinity}) {
    for (const Value& value : {number(-infinity), integer(0)}) {
      const std::string message = error_of([&] { resolve(value, Json(bad), "a"); });
      EXPECT_NE(message.find("a: found a number that is not finite; allowed: "), std::string::npos)
          << message;
    }
  }
}

TEST(Word, SuggestsTheNearest) {
  const Value value = word({"frozen", "learned", "none"});
  EXPECT_EQ(resolved(value, "\"none\""), "\"none\"");
  EXPECT_EQ(
      error_of(value, "\"forzen\""),
      "a: found the text \"forzen\"; allowed: \"frozen\" | \"learned\" | \"none\"; did you mean \"frozen\"?");
  EXPECT_EQ(error_of(value, "\"LEARNED\""),
            "a: found the text \"LEARNED\"; allowed: \"frozen\" | \"learned\" | \"none\"; did you mean "
            "\"learned\"?");
  EXPECT_EQ(error_of(value, "\"xyz\""),
            "a: found the text \"xyz\"; allowed: \"frozen\" | \"learned\" | \"none\"");
  EXPECT_EQ(error_of(value, "3"), "a: found 3; allowed: \"frozen\" | \"learned\" | \"none\"");
}

TEST(Word, LongTextsAreShortened) {
  const std::string message = error_of([] { resolve(word({"none"}), Json(std::string(100000, 'x')), "a"); });
  EXPECT_EQ(message, "a: found the text \"" + std::string(40, 'x') + "...\"; allowed: \"none\"");
}

TEST(Suggestion, KeepsItsDistance) {
  EXPECT_EQ(did_you_mean("optimiser", {"optimizer"}), "; did you mean \"optimizer\"?");
  EXPECT_EQ(did_you_mean("gem", {"spatial_gem", "gem2"}), "; did you mean \"gem2\"?");
  EXPECT_EQ(did_you_mean("generations", {"optimizer", "batch", "steps", "epochs"}), "");
  EXPECT_EQ(did_you_mean("", {"x"}), "");
  EXPECT_EQ(did_you_mean("a", {"x"}), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

TEST(BooleanAndText, TakeNothingElse) {
  EXPECT_EQ(resolved(boolean(), "true"), "true");
  EXPECT_EQ(error_of(boolean(), "1"), "a: found 1; allowed: true or false");
  EXPECT_EQ(resolved(text(), "\"\""), "\"\"");
  EXPECT_EQ(error_of(text(), "1"), "a: found 1; allowed: a text");
}

TEST(List, NamesTheItem) {
  const Value value = list(integer(0, 9), 2);
  EXPECT_EQ(resolved(value, "[1, 2e0]"), "[1,2]");
  EXPECT_EQ(error_of(value, "[1, 10]"), "a[1]: found 10; allowed: an integer from 0 to 9");
  EXPECT_EQ(error_of(value, "[1]"),
            "a: found a list of 1; allowed: a list of at least 2 items, each an integer from 0 to 9");
  EXPECT_EQ(error_of(value, "1"),
            "a: found 1; allowed: a list of at least 2 items, each an integer from 0 to 9");
  EXPECT_EQ(resolved(list(integer(0)), "[]"), "[]");
}

TEST(Object, WritesDefaultsInTheTablesOrder) {
  const Value value =
      object({required("first", integer(0), ""), optional("second", text(), "two", ""),
              maybe("third", boolean(), ""),
              optional("fourth", object({optional("inner", integer(0), 4, "")}), Json::object(), "")});
  EXPECT_EQ(resolved(value, R"({"third": true, "first": 1})"),
            R"({"first":1,"second":"two","third":true,"fourth":{"inner":4}})");
  EXPECT_EQ(resolved(value, R"({"first": 1})"), R"({"first":1,"second":"two","fourth":{"inner":4}})");
}

TEST(Object, RefusesUnknownKeysAndMissingOnes) {
  const Value value = object({required("genes", integer(1), ""), optional("output", text(), "x", "")});
  EXPECT_EQ(error_of(value, R"({"gens": 3})"),
            "a.gens: unknown key; allowed: genes, output; did you mean \"genes\"?");
  EXPECT_EQ(error_of(value, R"({"genes": 3, "odd key": 1})"),
            "a[\"odd key\"]: unknown key; allowed: genes, output");
  EXPECT_EQ(error_of(value, R"({"genes": 3, "type": "x"})"), "a.type: unknown key; allowed: genes, output");
  EXPECT_EQ(error_of(value, "{}"), "a.genes: this key is missing; allowed: an integer from 1 to 2^53");
  EXPECT_EQ(error_of(value, "[]"), "a: found a list; allowed: an object");
  EXPECT_EQ(error_of(object({}), R"({"x": 1})"), "a.x: unknown key; allowed: nothing more");
}

TEST(Object, ExactlyOneOfAGroup) {
  const std::string head = R"({"optimizer": {"type": "none"})";
  EXPECT_EQ(resolved(learner(), head + R"(, "epochs": 2})"),
            R"({"optimizer":{"type":"none"},"batch":64,"epochs":2})");
  EXPECT_EQ(error_of(learner(), head + "}"),
            "a: exactly one of steps | epochs is needed; found none of them");
  EXPECT_EQ(error_of(learner(), head + R"(, "steps": 1, "epochs": 2})"),
            "a: exactly one of steps | epochs is needed; found steps and epochs");
  EXPECT_EQ(
      error_of(learner(), head + R"(, "generations": 9})"),
      "a.generations: unknown key; allowed: optimizer, batch, steps, epochs (exactly one of steps | epochs)");
}

TEST(Object, ADefaultInAGroupGivesWay) {
  const Value value =
      object({optional("steps", integer(1), 10, ""), maybe("epochs", integer(1), "")}, {{"steps", "epochs"}});
  EXPECT_EQ(resolved(value, "{}"), R"({"steps":10})");
  EXPECT_EQ(resolved(value, R"({"epochs": 2})"), R"({"epochs":2})");
  EXPECT_EQ(resolve(value, json("{}"), "a", Missing::allowed).dump(), "{}");
}

TEST(Object, WhatIsMissingCanBeAllowed) {
  EXPECT_EQ(resolve(learner(), json("{}"), "a", Missing::allowed).dump(), R"({"batch":64})");
  EXPECT_EQ(resolve(learner(), json(R"({"optimizer": {"type": "adam"}})"), "a", Missing::allowed).dump(),
            R"({"optimizer":{"type":"adam","beta1":0.9},"batch":64})");
  EXPECT_THROW(resolve(learner(), json(R"({"bach": 1})"), "a", Missing::allowed), SchemaError);
  EXPECT_THROW(resolve(learner(), json(R"({"steps": 1, "epochs": 1})"), "a", Missing::allowed), SchemaError);
}

TEST(Variant, SaysWhichTypesExist) {
  EXPECT_EQ(resolved(optimizer(), R"({"rate": 0.5, "type": "adam"})"),
            R"({"type":"adam","rate":0.5,"beta1":0.9})");
  EXPECT_EQ(error_of(optimizer(), R"({"rate": 0.5})"),
            "a: the key \"type\" is missing; allowed: \"adam\" | \"sgd\" | \"none\"");
  EXPECT_EQ(error_of(optimizer(), R"({"type": "adm", "rate": 0.5})"),
            "a.type: found the text \"adm\"; allowed: \"adam\" | \"sgd\" | \"none\"; did you mean \"adam\"?");
  EXPECT_EQ(error_of(optimizer(), R"({"type": 1})"),
            "a.type: found 1; allowed: \"adam\" | \"sgd\" | \"none\"");
  EXPECT_EQ(error_of(optimizer(), R"({"type": "sgd", "rate": 1, "beta1": 0.9})"),
            "a.beta1: unknown key; type \"sgd\" takes rate");
  EXPECT_EQ(error_of(optimizer(), R"({"type": "none", "rate": 1})"),
            "a.rate: unknown key; type \"none\" takes nothing more");
  EXPECT_EQ(error_of(optimizer(), "\"adam\""),
            "a: found the text \"adam\"; allowed: an object of type adam | sgd | none");
}

TEST(Either, NamesAllAlternativesOrTheNestedError) {
  const Value value = either({word({"all"}), list(integer(0, 255), 1)});
  const std::string allowed = "allowed: \"all\", or a list of at least 1 item, each an integer from 0 to 255";
  EXPECT_EQ(resolved(value, "\"all\""), "\"all\"");
  EXPECT_EQ(resolved(value, "[1, 2]"), "[1,2]");
  EXPECT_EQ(error_of(value, "3"), "a: found 3; " + allowed);
  EXPECT_EQ(error_of(value, "\"al\""), "a: found the text \"al\"; " + allowed + "; did you mean \"all\"?");
  EXPECT_EQ(error_of(value, "[1, 256]"), "a[1]: found 256; allowed: an integer from 0 to 255");
  EXPECT_EQ(error_of(either({word({"all"}), integer(1)}), "0"),
            "a: found 0; allowed: \"all\", or an integer from 1 to 2^53");
}

TEST(Either, SeveralThatFitAreAllNamed) {
  const Value value = either({integer(0, 3), number(10, 20)});
  EXPECT_EQ(resolved(value, "11.5"), "11.5");
  EXPECT_EQ(error_of(value, "5"), "a: found 5; allowed: an integer from 0 to 3, or a number from 10 to 20");
}

TEST(Preset, IsWrittenOut) {
  const Value value =
      preset({{"tuned", json(R"({"sigma": 0.3})")}, {"authors", json("{}")}},
             object({optional("sigma", number_above(0), 1, ""), optional("mean", number(0), 0.0, "")}));
  EXPECT_EQ(resolved(value, "\"tuned\""), R"({"sigma":0.3,"mean":0})");
  EXPECT_EQ(resolved(value, "\"authors\""), R"({"sigma":1,"mean":0})");
  EXPECT_EQ(resolved(value, R"({"mean": 2})"), R"({"sigma":1,"mean":2})");
  EXPECT_EQ(
      error_of(value, "\"tund\""),
      "a: found the text \"tund\"; allowed: \"tuned\" | \"authors\", or an object; did you mean \"tuned\"?");
  EXPECT_EQ(error_of(value, R"({"sigma": 0})"), "a.sigma: found 0; allowed: a number above 0");
  EXPECT_EQ(error_of(value, "1"), "a: found 1; allowed: \"tuned\" | \"authors\", or an object");
  EXPECT_EQ(resolve(object({optional("initial", value, "tuned", "")}), json("{}"), "").dump(),
            R"({"initial":{"sigma":0.3,"mean":0}})");
}

TEST(Anything, IsLeftAlone) {
  EXPECT_EQ(resolved(anything(), R"({"x": [1e3, null]})"), R"({"x":[1000.0,null]})");
}

TEST(Resolve, AgainChangesNothing) {
  const Json once =
      resolve(learner(), json(R"({"steps": 2e3, "optimizer": {"rate": 1.0, "type": "adam"}})"), "");
  EXPECT_EQ(resolve(learner(), once, "").dump(), once.dump());
  EXPECT_EQ(once.dump(), R"({"optimizer":{"type":"adam","rate":1,"beta1":0.9},"batch":64,"steps":2000})");
}

TEST(Resolve, AnErrorKnowsItsPathAndMessage) {
  try {
    resolve(learner(), json(R"({"optimizer": {"type": "adam", "rate": -1}})"), "");
    FAIL();
  } catch (const SchemaError& error) {
    EXPECT_EQ(error.path(), "optimizer.rate");
    EXPECT_EQ(error.message(), "found -1; allowed: a number above 0");
    EXPECT_STREQ(error.what(), "optimizer.rate: found -1; allowed: a number above 0");
  }
}

TEST(Path, IsReadable) {
  EXPECT_EQ(json_path("", "a"), "a");
  EXPECT_EQ(json_path("a", "b_c-1"), "a.b_c-1");
  EXPECT_EQ(json_path("a", "b.c"), "a[\"b.c\"]");
  EXPECT_EQ(json_path("a", ""), "a[\"\"]");
  EXPECT_EQ(json_path("a", std::size_t{2}), "a[2]");
}

TEST(Describe, TellsEveryPath) {
  EXPECT_EQ(describe(learner(), "learning"),
            "learning: an object\n"
            "learning.optimizer: an object of type adam | sgd | none; required\n"
            "    The rule.\n"
            "  learning.optimizer of type \"adam\":\n"
            "    learning.optimizer.rate: a number above 0; required\n"
            "        Step size.\n"
            "    learning.optimizer.beta1: a number from 0 to 1; default 0.9\n"
            "        Decay of the mean.\n"
            "  learning.optimizer of type \"sgd\":\n"
            "    learning.optimizer.rate: a number above 0; required\n"
            "        Step size.\n"
            "  learning.optimizer of type \"none\": no more keys\n"
            "learning.batch: an integer from 1 to 2^53; default 64\n"
            "    Images a step.\n"
            "learning.steps: an integer from 1 to 2^53\n"
            "    Steps.\n"
            "learning.epochs: an integer from 1 to 2^53\n"
            "    Epochs.\n"
            "Exactly one of learning.steps | learning.epochs.\n");
}

TEST(Describe, ListsAndPresets) {
  const Value value = object(
      {required("items", list(object({required("x", boolean(), "On.")})), "Several."),
       optional("start", preset({{"tuned", json(R"({"s": 1})")}}, object({required("s", integer(0), "S.")})),
                "tuned", "Start.")});
  EXPECT_EQ(describe(value, ""),
            "items: a list, each an object; required\n"
            "    Several.\n"
            "items[i].x: true or false; required\n"
            "    On.\n"
            "start: \"tuned\", or an object; default \"tuned\"\n"
            "    Start.\n"
            "    \"tuned\" stands for { \"s\": 1 }\n"
            "start.s: an integer from 0 to 2^53; required\n"
            "    S.\n");
}

TEST(Describe, WrapsLongLines) {
  std::string help;
  for (int i = 0; i < 60; ++i) help += "word ";
  std::istringstream lines(describe(object({required("x", boolean(), help)}), ""));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 100u);
  EXPECT_EQ(count, 5);
}

}  // namespace
}  // namespace innate::engine
