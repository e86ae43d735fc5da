// Experiment files: reading them, what they refuse and how they say so, and the points that they expand to.
#include <gtest/gtest.h>
#include <innate/engine/json.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "host/experiment/change.h"
#include "host/experiment/experiment.h"
#include "host/experiment/identity.h"
#include "host/experiment/schema.h"

namespace innate::engine {

// Stand-ins for the engine's tables, so that this file tests the host alone.

Value genome_schema() {
  const Value initial = preset({{"tuned", Json{{"sigma", 0.3}}}, {"authors", Json{{"sigma", 1.0}}}},
                               object({optional("sigma", number_above(0), 0.3, "Width.")}));
  const std::vector<Field> encoded = {
      required("genes", integer(1, 65536), "Genes."),
      optional("output", word({"frozen", "learned"}), "frozen", "Output identities."),
      optional("initial", initial, "tuned", "Where it starts.")};
  return variant({{"direct", object({})}, {"gem", object(encoded)}, {"spatial_gem", object(encoded)}});
}

Value learning_schema() {
  const Value adam =
      object({required("rate", number_above(0), "Step."), optional("beta1", number(0, 1), 0.9, "Mean."),
              optional("beta2", number(0, 1), 0.999, "Square."),
              optional("epsilon", number_above(0), 1e-8, "Floor.")});
  const Value sgd =
      object({required("rate", number_above(0), "Step."), optional("momentum", number(0, 1), 0, "Memory.")});
  return variant(
      {{"gradient", object({required("optimizer", variant({{"adam", adam}, {"sgd", sgd}}), "The rule."),
                            optional("batch", integer(1), 64, "Images a step."),
                            maybe("steps", integer(1), "Steps."), maybe("epochs", integer(1), "Epochs.")},
                           {{"steps", "epochs"}})}});
}

Value test_schema() {
  return object({optional("every", integer(1), 1000, "Steps between tests."),
                 optional("stop", word({"never", "stagnation"}), "never", "When to end early.")});
}

}  // namespace innate::engine

namespace innate::host {
namespace {

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

Json change(Json json, const std::string& pointer, const Json& value) {
  json[Json::json_pointer(pointer)] = value;
  return json;
}

Json without(Json json, const std::string& pointer, const std::string& key) {
  json[Json::json_pointer(pointer)].erase(key);
  return json;
}

/// The smallest experiment that is complete.
Json plain() {
  return Json::parse(R"({ "innate": 1, "name": "plain", "seed": 7,
    "task": { "type": "classification", "data": "mnist" },
    "network": { "layers": [ { "type": "dense", "units": 10 } ] },
    "genome": { "type": "gem", "genes": 5 },
    "learning": { "type": "gradient", "optimizer": { "type": "adam", "rate": 0.01 }, "steps": 100 } })");
}

Json with_variants(const std::string& variants) {
  return change(plain(), "/variants", Json::parse(variants));
}
Json with_sweep(const std::string& sweep) { return change(plain(), "/sweep", Json::parse(sweep)); }

std::string expand_error(const Json& file) {
  return error_of([&] { expand(file); });
}

/// `variant path=value path=value`, a line for each point.
std::string points_of(const Experiment& experiment) {
  std::string text;
  for (const Point& point : experiment.points) {
    text += point.variant;
    for (const auto& [path, value] : point.columns) text += ' ' + path + '=' + value.dump();
    text += '\n';
  }
  return text;
}

std::string points_of(const Json& file) { return points_of(expand(file)); }

bool same(const Experiment& a, const Experiment& b) {
  const auto same_point = [](const Point& p, const Point& q) {
    return p.variant == q.variant && p.columns == q.columns && p.spec.dump() == q.spec.dump();
  };
  return a.resolved.dump() == b.resolved.dump() && a.name == b.name && a.seed == b.seed &&
         a.replicas == b.replicas &&
         std::equal(a.points.begin(), a.points.end(), b.points.begin(), b.points.end(), same_point);
}

const char* first_example = R"(
{ "innate": 1, "name": "sgem-slp-mnist", "source": "Barabasi 2023, Fig. 2c", "seed": 1, "replicas": 10, "precision": "fp32",
  "task":     { "type": "classification", "data": "mnist", "scale": "unit", "classes": "all", "train_per_class": "all" },
  "network":  { "layers": [ { "type": "dense", "units": 10, "activation": "none", "bias": "none" } ] },
  "genome":   { "type": "spatial_gem", "genes": 26, "output": "frozen", "initial": "tuned" },
  "learning": { "type": "gradient", "optimizer": { "type": "adam", "rate": 0.003 }, "batch": 64, "steps": 20000 },
  "test":     { "every": 1000, "stop": "never" },
  "variants": [
    { "name": "S-GEM", "sweep": [ { "genome.genes": 11 }, { "genome.genes": 26, "learning.optimizer.rate": 0.001 } ] },
    // a comment
    { "name": "GEM", "set": { "genome": { "type": "gem", "output": "frozen", "initial": "tuned" } }, "sweep": { "genome.genes": [1, 5, 9] } },
    { "name": "direct", "set": { "genome": { "type": "direct" } } } ],
  "figure": { "x": "percent", "y": "best_accuracy", "marks": [ { "x": 2, "y": 0.8, "label": "paper" } ] } })";

// ----------------------------------------------------------------------------------------------------------
// parse

std::string parse_error(const std::string& text) {
  return error_of([&] { parse(text, "e.json"); });
}

TEST(Parse, ReadsWhatTheLibraryReads) {
  const std::string text = R"({"b": [1, -2, 0.5, 1e3, true, null, "x\"y\\"], "a": {"c": {}, "d": []}})";
  EXPECT_EQ(parse(text, "e.json").dump(), Json::parse(text).dump());
  EXPECT_EQ(parse("3", "e.json"), Json(3));
}

TEST(Parse, AllowsComments) {
  const std::string text = "// \"a\": 1\n{ \"a\": 2, // \\\n \"b\": 3 /* \"b\": 4 \\*/ }\n// end";
  EXPECT_EQ(parse(text, "e.json").dump(), R"({"a":2,"b":3})");
}

TEST(Parse, ATextMayHoldSlashes) { EXPECT_EQ(parse(R"(["http://x"])", "e.json")[0], "http://x"); }

TEST(Parse, KeyTwiceAtTheTop) {
  EXPECT_EQ(parse_error("{\n  \"seed\": 1,\n  \"seed\": 2\n}"),
            "e.json:3:3: seed: this key is written twice\n"
            "    \"seed\": 2\n"
            "    ^");
}

TEST(Parse, KeyTwiceInside) {
  const std::string text =
      "{\"variants\": [{}, {\"set\": {\"genome\": {\"x\": [], \"genes\": 1, \"genes\": 1}}}]}";
  EXPECT_EQ(parse_error(text).substr(0, 76),
            "e.json:1:60: variants[1].set.genome.genes: this key is written twice\n  {\"var");
  EXPECT_EQ(parse_error(R"([[1, {"a": {"b": 1}, "a": 2}]])").substr(0, 48),
            "e.json:1:22: [0][1].a: this key is written twice");
}

TEST(Parse, KeyTwiceWithEscapes) {
  EXPECT_EQ(parse_error("{\"q\\\"\\\\\": 1,\n\"q\\\"\\\\\": 1}").substr(0, 12), "e.json:2:1: ");
  EXPECT_EQ(parse_error("{\"a\": 1,\n  \"\\u0061\": 1}").substr(0, 41),
            "e.json:2:3: a: this key is written twice\n");
  EXPECT_EQ(parse_error("{\"\": 1, /* \\*/\"\": 1}").substr(0, 13), "e.json:1:15: ");
}

TEST(Parse, TheSameKeyInTwoObjectsIsFine) {
  EXPECT_EQ(parse_error(R"([{"a": {"a": 1}}, {"a": 2}])"), "no error");
}

TEST(Parse, SyntaxErrorsShowTheLine) {
  EXPECT_EQ(parse_error("{\n  \"a\": 1\n  \"b\": 2\n}"),
            "e.json:3:5: syntax error while parsing object - unexpected string literal; expected '}'\n"
            "    \"b\": 2\n"
            "      ^");
  EXPECT_EQ(parse_error("{\"a\": 1,}"),
            "e.json:1:9: syntax error while parsing object key - unexpected '}'; expected string literal\n"
            "  {\"a\": 1,}\n"
            "          ^");
}

TEST(Parse, EveryKindOfBrokenText) {
  const auto starts = [](const std::string& text, const std::string& start) {
    EXPECT_EQ(parse_error(text).substr(0, start.size()), start) << text;
  };
  starts("", "e.json:1:1: syntax error while parsing value - unexpected end of input");
  starts("  \n ", "e.json:2:2: syntax error while parsing value - unexpected end of input");
  starts("{\"a\": tru}", "e.json:1:10: syntax error while parsing value - invalid literal");
  starts("{\"a\": 'x'}", "e.json:1:7: syntax error while parsing value - invalid literal");
  starts("{\"a\": NaN}", "e.json:1:7: syntax error while parsing value - invalid literal");
  starts("{\"a\": 01}", "e.json:1:8: syntax error while parsing object - unexpected number literal");
  starts("{\"a\": +1}", "e.json:1:7: ");
  starts("{\"a\": 1} x", "e.json:1:10: syntax error while parsing value - invalid literal");
  starts("{\"a\": 1}{",
         "e.json:1:9: syntax error while parsing value - unexpected '{'; expected end of input");
  starts("{\"a\": [1}", "e.json:1:9: syntax error while parsing array - unexpected '}'");
  starts("{a: 1}", "e.json:1:2: syntax error while parsing object key");
  starts("{\"a\" 1}", "e.json:1:6: syntax error while parsing object separator");
  starts("{\"a\": \"x\ny\"}", "e.json:1:9: syntax error while parsing value - invalid string");
  starts("{\"a\": \"\\q\"}", "e.json:1:9: syntax error while parsing value - invalid string");
  starts("{\"a\": \"\xff\"}",
         "e.json:1:8: syntax error while parsing value - invalid string: ill-formed UTF-8 byte");
  starts("{\"a\": 1",
         "e.json:1:8: syntax error while parsing object - unexpected end of input; expected '}'");
  starts("{\"a\": 1 /* x", "e.json:1:13: ");
  starts("{\"a\": 1 / 2}", "e.json:1:10: ");
  starts("{\"a\": 1e400}", "e.json:1:11: number overflow parsing '1e400'");
}

TEST(Parse, ColumnsCountCharacters) {
  EXPECT_EQ(parse_error("{\"\xc3\xa4\xc3\xb6\": x}").substr(0, 12), "e.json:1:8: ");
}

TEST(Parse, LongLinesAreCut) {
  const std::string message =
      parse_error("[" + std::string(10000, ' ') + "x" + std::string(10000, ' ') + "]");
  EXPECT_EQ(message.substr(0, 16), "e.json:1:10002: ");
  EXPECT_LT(message.size(), 400u);
}

TEST(Parse, DepthHasALimit) {
  EXPECT_EQ(parse_error(std::string(64, '[') + std::string(64, ']')), "no error");
  EXPECT_EQ(parse_error(std::string(1000000, '[')).substr(0, 38), "e.json:1:65: nested more than 64 deep\n");
}

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() /
        (std::string("innate_experiment_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) const {
    const std::string file = (folder_ / "e.json").string();
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  std::filesystem::path folder_;
};

TEST_F(FileTest, IsLoadedAndChanged) {
  const Experiment experiment =
      load_experiment(write(first_example), {"replicas=2", "task.data=fashion-mnist"});
  EXPECT_EQ(experiment.replicas, 2);
  EXPECT_EQ(experiment.points.size(), 6u);
  for (const Point& point : experiment.points) EXPECT_EQ(point.spec.at("task").at("data"), "fashion-mnist");
}

TEST_F(FileTest, ErrorsNameTheFile) {
  const auto error = [](const std::string& file) { return error_of([&] { parse_file(file); }); };
  EXPECT_EQ(error((folder_ / "none.json").string()),
            (folder_ / "none.json").string() + ": there is no such file");
  EXPECT_EQ(error(folder_.string()), folder_.string() + ": this is a directory, not an experiment file");
  const std::string empty = write("");
  EXPECT_EQ(error(empty), empty + ": this file is empty");
  const std::string broken = write("{");
  EXPECT_EQ(error(broken).substr(0, broken.size() + 6), broken + ":1:2: ");
  const std::string large = write("[" + std::string(std::size_t{16} << 20, ' ') + "]");
  EXPECT_EQ(error(large), large + ": this file is larger than 16 MiB");
}

TEST_F(FileTest, WhatIsNoTextIsNamed) {
  const auto error = [&](const std::string& text) {
    const std::string file = write(text);
    return error_of([&] { parse_file(file); }).substr(file.size());
  };
  const std::string ascii = "{ \"innate\": 1 }";
  std::string low, high;
  for (const char c : ascii) low += {c, '\0'}, high += {'\0', c};
  for (const std::string& text : {low, high, "\xff\xfe" + low, "\xfe\xff" + high})
    EXPECT_EQ(error(text), ": this is UTF-16 text, not an experiment file (JSON in UTF-8); save it as UTF-8");
  EXPECT_EQ(error("<!DOCTYPE html>\n"),
            ": this is an HTML page, not an experiment file (JSON in UTF-8); name the file that holds the "
            "experiment");
  EXPECT_EQ(error("\x1b[2J{}").find(": this is bytes of no kind"), 0u);
  for (const std::string& text : {"\xef\xbb\xbf" + ascii, "// a comment\r\n" + ascii + "\r\n", "\n" + ascii})
    EXPECT_EQ(parse_file(write(text)).at("innate"), 1);
}

TEST_F(FileTest, JustSmallEnough) {
  EXPECT_EQ(parse_file(write("[" + std::string((std::size_t{16} << 20) - 2, ' ') + "]")), Json::array());
}

// -----------------------------------------------------------------------------------------------------------
// paths

TEST(Paths, AreReadInBothSpellings) {
  const Path path = {"network", "layers", "0", "units"};
  EXPECT_EQ(parse_path("network.layers[0].units", ""), path);
  EXPECT_EQ(parse_path("network.layers.0.units", ""), path);
  EXPECT_EQ(parse_path("network.layers[00].units", ""), path);
  EXPECT_EQ(parse_path("a[1][2]", ""), (Path{"a", "1", "2"}));
  EXPECT_EQ(path_text(plain(), path), "network.layers[0].units");
  EXPECT_EQ(*find(plain(), path), 10);
  EXPECT_EQ(find(plain(), {"network", "layers", "1"}), nullptr);
}

TEST(Paths, BadOnesAreRefused) {
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[0]b", "a[-1]", "[0]", "a.[0]",
                          "a[0].", "a[99999999999]"}) {
    const std::string message = error_of([&] { parse_path(bad, "here"); });
    EXPECT_EQ(message.substr(0, 12 + std::string(bad).size()), "here: \"" + std::string(bad) + "\" is ");
  }
}

// ------------------------------------------------------------------------------------------------------
// validation

TEST(Experiment, WritesDefaultsOut) {
  const Experiment experiment = expand(plain());
  EXPECT_EQ(experiment.name, "plain");
  EXPECT_EQ(experiment.seed, 7u);
  EXPECT_EQ(experiment.replicas, 1);
  EXPECT_EQ(points_of(experiment), "plain\n");
  const Json& resolved = experiment.resolved;
  std::vector<std::string> keys;
  for (const auto& [key, value] : resolved.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"innate", "name", "seed", "replicas", "precision", "task",
                                            "network", "genome", "learning", "test", "figure"}));
  EXPECT_EQ(
      resolved.at("task").dump(),
      R"({"type":"classification","data":"mnist","scale":"unit","classes":"all","train_per_class":"all","transpose":false})");
  EXPECT_EQ(resolved.at("network").dump(),
            R"({"layers":[{"type":"dense","units":10,"activation":"none","bias":"none"}]})");
  EXPECT_EQ(resolved.at("figure").dump(), R"({"x":"percent","y":"best_accuracy","log_y":false,"marks":[]})")
      << "log_x stays unsaid: the points decide";
  EXPECT_EQ(resolved.at("precision"), "fp32");
  EXPECT_EQ(experiment.points[0].spec.dump(), without(resolved, "", "figure").dump());
}

TEST(Experiment, Version) {
  EXPECT_EQ(expand_error(change(plain(), "/innate", 2)),
            "innate: this experiment has version 2; this build reads version 1");
  EXPECT_EQ(expand_error(without(plain(), "", "innate")), "innate: this key is missing; write \"innate\": 1");
  EXPECT_EQ(expand_error(change(plain(), "/innate", "1")),
            "innate: found the text \"1\"; allowed: the integer 1");
}

TEST(Experiment, Name) {
  for (const char* good : {"a", "sgem-slp_mnist.2", "0"})
    EXPECT_EQ(expand_error(change(plain(), "/name", good)), "no error");
  for (const char* bad : {"", "a/b", ".hidden", "..", "a b", "a\\b", "\xc3\xa4", "a\nb"}) {
    const std::string message = expand_error(change(plain(), "/name", bad));
    EXPECT_NE(message.find("; allowed: up to 100 letters, digits and - _ . (a dot not first)"),
              std::string::npos);
    EXPECT_EQ(message.substr(0, 13), "name: found \"");
  }
  EXPECT_NE(expand_error(change(plain(), "/name", std::string(101, 'a'))), "no error");
  EXPECT_EQ(expand_error(without(plain(), "", "name")), "name: this key is missing; allowed: a text");
}

TEST(Experiment, SeedAndReplicas) {
  EXPECT_EQ(expand_error(without(plain(), "", "seed")),
            "seed: this key is missing; allowed: an integer of at least 0");
  EXPECT_EQ(expand_error(change(plain(), "/seed", -1)), "seed: found -1; allowed: an integer from 0 to 2^53");
  EXPECT_EQ(expand_error(change(plain(), "/seed", 9007199254740993)),
            "seed: found 9007199254740993; allowed: an integer from 0 to 2^53");
  EXPECT_EQ(expand(change(plain(), "/seed", 9007199254740992)).seed, 9007199254740992u);
  EXPECT_EQ(expand_error(change(plain(), "/replicas", 0)),
            "replicas: found 0; allowed: an integer from 1 to 100000");
  EXPECT_EQ(expand_error(change(plain(), "/replicas", 100001)),
            "replicas: found 100001; allowed: an integer from 1 to 100000");
  EXPECT_EQ(expand(change(plain(), "/replicas", 1e3)).replicas, 1000);
}

TEST(Experiment, PrecisionHasAnOlderWordForExact) {
  const Experiment without = expand(plain());
  for (const char* word : {"exact", "fp32"}) {
    const Experiment with = expand(change(plain(), "/precision", word));
    EXPECT_EQ(with.resolved.dump(), without.resolved.dump());
    EXPECT_EQ(identity(with.points[0].spec), identity(without.points[0].spec));
  }
  for (const char* word : {"tf32", "bf16", "library"}) {
    const Experiment with = expand(change(plain(), "/precision", word));
    EXPECT_EQ(with.resolved.at("precision"), word);
    EXPECT_NE(identity(with.points[0].spec), identity(without.points[0].spec));
  }
}

TEST(Experiment, UnknownKeysAndWrongTypes) {
  EXPECT_EQ(expand_error(change(plain(), "/replica", 3)).substr(0, 30), "replica: unknown key; allowed:");
  EXPECT_NE(expand_error(change(plain(), "/replica", 3)).find("; did you mean \"replicas\"?"),
            std::string::npos);
  EXPECT_EQ(expand_error(change(plain(), "/precision", "fp64")),
            "precision: found the text \"fp64\"; allowed: \"exact\" | \"fp32\" | \"tf32\" | \"bf16\" | "
            "\"library\"");
  EXPECT_EQ(expand_error(change(plain(), "/source", 3)), "source: found 3; allowed: a text");
  EXPECT_EQ(expand_error(change(plain(), "/task/type", "clasification")),
            "task.type: found the text \"clasification\"; allowed: \"classification\"; did you mean "
            "\"classification\"?");
  EXPECT_EQ(expand_error(change(plain(), "/genome/type", "gemm")),
            "genome.type: found the text \"gemm\"; allowed: \"direct\" | \"gem\" | \"spatial_gem\"; did you "
            "mean \"gem\"?");
  EXPECT_EQ(expand_error(Json::array()), "an experiment is an object: { \"innate\": 1, \"name\": ... }");
}

TEST(Experiment, OnlySweepSweeps) {
  EXPECT_EQ(expand_error(change(plain(), "/genome/genes", Json::array({1, 5, 9}))),
            "genome.genes: found a list; allowed: an integer from 1 to 65536; "
            "only \"sweep\" runs one value after another");
}

TEST(Experiment, MissingKeysOfAPoint) {
  EXPECT_EQ(expand_error(without(plain(), "/genome", "genes")),
            "genome.genes: this key is missing; allowed: an integer from 1 to 65536");
  EXPECT_EQ(expand_error(without(plain(), "", "genome")),
            "genome: this key is missing; allowed: an object of type direct | gem | spatial_gem");
  EXPECT_EQ(expand_error(without(plain(), "/task", "data")),
            "task.data: this key is missing; allowed: a text");
  EXPECT_EQ(expand_error(without(plain(), "/learning", "steps")),
            "learning: exactly one of steps | epochs is needed; found none of them");
}

TEST(Experiment, GradientHasNoGenerations) {
  EXPECT_EQ(expand_error(change(plain(), "/learning/generations", 5)),
            "learning.generations: unknown key; type \"gradient\" takes optimizer, batch, steps, epochs "
            "(exactly one of steps | epochs)");
  EXPECT_EQ(expand_error(change(plain(), "/learning/epochs", 5)),
            "learning: exactly one of steps | epochs is needed; found steps and epochs");
}

TEST(Experiment, Classes) {
  EXPECT_EQ(expand_error(change(plain(), "/task/classes", Json::array({0, 3, 9}))), "no error");
  EXPECT_EQ(expand_error(change(plain(), "/task/classes", Json::array({0, 256}))),
            "task.classes[1]: found 256; allowed: an integer from 0 to 255");
  EXPECT_EQ(expand_error(change(plain(), "/task/classes", Json::array({4, 0, 4}))),
            "task.classes[2]: class 4 is listed twice");
  EXPECT_EQ(expand_error(change(plain(), "/task/classes", "al")),
            "task.classes: found the text \"al\"; allowed: \"all\", or a list of at least 1 item, each an "
            "integer from 0 "
            "to 255; did you mean \"all\"?");
  EXPECT_EQ(expand_error(change(plain(), "/task/train_per_class", 0)),
            "task.train_per_class: found 0; allowed: \"all\", or an integer from 1 to 2^53");
}

TEST(Experiment, LayersHaveUnitsAndActivations) {
  EXPECT_EQ(expand_error(change(plain(), "/network/layers", Json::array())).substr(0, 36),
            "network.layers: found a list of 0; a");
  EXPECT_EQ(expand_error(change(plain(), "/network/layers/0/activation", "rule")),
            "network.layers[0].activation: found the text \"rule\"; allowed: \"none\" | \"relu\" | "
            "\"tanh\" | \"sigmoid\"");
  EXPECT_EQ(expand_error(change(plain(), "/network/layers/0/units", 65537)),
            "network.layers[0].units: found 65537; allowed: an integer from 1 to 65536");
}

TEST(Experiment, Figure) {
  EXPECT_EQ(expand_error(change(plain(), "/figure", Json::parse(R"({"marks": [{"x": 1, "y": 2}]})"))),
            "figure.marks[0].label: this key is missing; allowed: a text");
  EXPECT_EQ(
      expand_error(change(plain(), "/figure", Json::parse(R"({"logx": true})"))),
      "figure.logx: unknown key; allowed: x, y, normalise, log_x, log_y, marks; did you mean \"log_x\"?");
}

TEST(Experiment, Variants) {
  EXPECT_EQ(expand_error(with_variants("[]")).substr(0, 32), "variants: found a list of 0; all");
  EXPECT_EQ(expand_error(with_variants("[{}]")), "variants[0].name: this key is missing; allowed: a text");
  EXPECT_EQ(expand_error(with_variants(R"([{"name": ""}])")),
            "variants[0].name: a variant's name cannot be empty");
  EXPECT_EQ(expand_error(with_variants(R"([{"name": "a"}, {"name": "b"}, {"name": "a"}])")),
            "variants[2].name: another variant is named \"a\" too");
  EXPECT_EQ(expand_error(with_variants(R"([{"name": "a", "sets": {}}])")),
            "variants[0].sets: unknown key; allowed: name, set, sweep; did you mean \"set\"?");
  EXPECT_EQ(expand_error(with_variants(R"([{"name": "a", "set": 3}])")),
            "variants[0].set: a set is an object: {\"genome\": {...}, ...}");
}

// --------------------------------------------------------------------------------------------------------------
// set

TEST(Set, IsMergedKeyByKey) {
  const Experiment experiment = expand(with_variants(
      R"([{"name": "a", "set": {"learning": {"optimizer": {"beta1": 0.5}, "batch": 8}, "test": {"every": 5}}}])"));
  const Json& spec = experiment.points[0].spec;
  EXPECT_EQ(spec.at("learning").at("optimizer").dump(),
            R"({"type":"adam","rate":0.01,"beta1":0.5,"beta2":0.999,"epsilon":1e-08})");
  EXPECT_EQ(spec.at("learning").at("batch"), 8);
  EXPECT_EQ(spec.at("learning").at("steps"), 100);
  EXPECT_EQ(spec.at("test").dump(), R"({"every":5,"stop":"never"})");
}

TEST(Set, ATypeReplacesTheObject) {
  const Experiment experiment = expand(with_variants(
      R"([{"name": "a", "set": {"learning": {"optimizer": {"type": "sgd", "rate": 1}}}},
          {"name": "b", "set": {"genome": {"type": "direct"}}}])"));
  EXPECT_EQ(experiment.points[0].spec.at("learning").at("optimizer").dump(),
            R"({"type":"sgd","rate":1,"momentum":0})");
  EXPECT_EQ(experiment.points[0].spec.at("learning").at("steps"), 100);
  EXPECT_EQ(experiment.points[1].spec.at("genome").dump(), R"({"type":"direct"})");
}

TEST(Set, NullRemovesAKey) {
  const Experiment experiment =
      expand(with_variants(R"([{"name": "a", "set": {"learning": {"steps": null, "epochs": 2}}}])"));
  EXPECT_FALSE(experiment.points[0].spec.at("learning").contains("steps"));
  EXPECT_EQ(experiment.points[0].spec.at("learning").at("epochs"), 2);
  EXPECT_EQ(expand_error(with_variants(R"([{"name": "a", "set": {"learning": {"step": null}}}])")),
            "variants[0].set.learning.step: null removes a key, but there is no such key here");
}

TEST(Set, ReachesIntoAPresetOfTheBase) {
  const Experiment experiment =
      expand(with_variants(R"([{"name": "a", "set": {"genome": {"initial": {"sigma": 2}}}},
                               {"name": "b", "set": {"genome": {"initial": "authors"}}}])"));
  EXPECT_EQ(experiment.points[0].spec.at("genome").at("initial").dump(), R"({"sigma":2})");
  EXPECT_EQ(experiment.points[1].spec.at("genome").at("initial").dump(), R"({"sigma":1})");
}

TEST(Set, ErrorsNameWhereTheyAreWritten) {
  const auto error = [](const std::string& set) {
    return expand_error(with_variants(R"([{"name": "z"}, {"name": "a", "set": )" + set + "}]"));
  };
  EXPECT_EQ(error(R"({"genome": {"genes": "many"}})"),
            "variants[1].set.genome.genes: found the text \"many\"; allowed: an integer from 1 to 65536");
  EXPECT_EQ(error(R"({"genome": {"gens": 3}})"),
            "variants[1].set.genome.gens: unknown key; type \"gem\" takes genes, output, initial; did you "
            "mean \"genes\"?");
  EXPECT_EQ(
      error(R"({"genom": {"genes": 3}})"),
      "variants[1].set.genom: unknown key; variants and sweeps can change: precision, task, network, genome, "
      "learning, test; did you mean \"genome\"?");
  EXPECT_EQ(error(R"({"seed": 3})"),
            "variants[1].set.seed: \"seed\" belongs to the whole experiment; variants and sweeps can change: "
            "precision, "
            "task, network, genome, learning, test");
  EXPECT_EQ(error(R"({"learning": {"epochs": 3}})"),
            "variants[1].set.learning: exactly one of steps | epochs is needed; found steps and epochs");
  EXPECT_EQ(
      error(R"({"network": {"layers": [{"type": "dense", "units": 3}, {"type": "dense", "units": 0}]}})"),
      "variants[1].set.network.layers[1].units: found 0; allowed: an integer from 1 to 65536");
  EXPECT_EQ(error(R"({"genome": {"type": "gem"}})"),
            "genome.genes: this key is missing; allowed: an integer from 1 to 65536 (variant \"a\")");
}

TEST(Set, TheBaseMayLackWhatVariantsGive) {
  const Json base = without(without(plain(), "", "genome"), "/learning", "steps");
  const Json file = change(base, "/variants", Json::parse(R"([
      {"name": "a", "set": {"genome": {"type": "direct"}, "learning": {"steps": 5}}},
      {"name": "b", "set": {"genome": {"type": "gem"}, "learning": {"epochs": 5}}, "sweep": {"genome.genes": [1]}}])"));
  EXPECT_EQ(points_of(file), "a\nb genome.genes=1\n");
  EXPECT_EQ(expand_error(change(file, "/learning/optimizer/rat", 1)).substr(0, 36),
            "learning.optimizer.rat: unknown key;");
  EXPECT_EQ(expand_error(change(file, "/learning/batch", "x")).substr(0, 31),
            "learning.batch: found the text ");
}

// ------------------------------------------------------------------------------------------------------------
// sweep

TEST(Sweep, AProductRunsItsLastKeyFastest) {
  EXPECT_EQ(
      points_of(with_sweep(R"({"genome.genes": [3, 1], "learning.batch": [8, 16], "test.every": [5]})")),
      "plain genome.genes=3 learning.batch=8 test.every=5\n"
      "plain genome.genes=3 learning.batch=16 test.every=5\n"
      "plain genome.genes=1 learning.batch=8 test.every=5\n"
      "plain genome.genes=1 learning.batch=16 test.every=5\n");
}

TEST(Sweep, AListHoldsPoints) {
  const Experiment experiment =
      expand(with_sweep(R"([{"genome.genes": 3}, {"genome.genes": 4, "learning.optimizer.rate": 0.1}])"));
  EXPECT_EQ(points_of(experiment),
            "plain genome.genes=3\n"
            "plain genome.genes=4 learning.optimizer.rate=0.1\n");
  EXPECT_EQ(experiment.points[0].spec.at("learning").at("optimizer").at("rate"), 0.01);
  EXPECT_EQ(experiment.points[1].spec.at("learning").at("optimizer").at("rate"), 0.1);
  EXPECT_EQ(experiment.points[1].spec.at("genome").at("genes"), 4);
}

TEST(Sweep, OfTheBaseRunsForEveryVariant) {
  Json file = with_variants(R"([{"name": "a"}, {"name": "b", "sweep": {"learning.batch": [8, 16]}}])");
  file["sweep"] = Json::parse(R"({"genome.genes": [1, 2]})");
  EXPECT_EQ(points_of(file),
            "a genome.genes=1\n"
            "a genome.genes=2\n"
            "b genome.genes=1 learning.batch=8\n"
            "b genome.genes=1 learning.batch=16\n"
            "b genome.genes=2 learning.batch=8\n"
            "b genome.genes=2 learning.batch=16\n");
}

TEST(Sweep, ValuesThatAreListsStayLists) {
  const Experiment experiment = expand(with_sweep(R"({"task.classes": [[0, 1], "all", [2]]})"));
  EXPECT_EQ(points_of(experiment),
            "plain task.classes=[0,1]\nplain task.classes=\"all\"\nplain task.classes=[2]\n");
  EXPECT_EQ(experiment.points[0].spec.at("task").at("classes"), Json::array({0, 1}));
}

TEST(Sweep, PresetsKeepTheirWordAndNumbersTheirForm) {
  const Experiment experiment =
      expand(with_sweep(R"({"genome.initial": ["tuned", "authors"], "genome.genes": [1e1]})"));
  EXPECT_EQ(points_of(experiment),
            "plain genome.initial=\"tuned\" genome.genes=10\n"
            "plain genome.initial=\"authors\" genome.genes=10\n");
  EXPECT_EQ(experiment.points[1].spec.at("genome").at("initial").dump(), R"({"sigma":1})");
}

TEST(Sweep, ReachesIntoPresetsListsAndWholeObjects) {
  EXPECT_EQ(points_of(with_sweep(R"([{"genome.initial": "authors", "genome.initial.sigma": 2},
                                     {"network.layers.0.units": 3},
                                     {"genome": {"type": "direct"}},
                                     {"genome": {"type": "spatial_gem"}, "genome.genes": 2}])")),
            "plain genome.initial=\"authors\" genome.initial.sigma=2\n"
            "plain network.layers[0].units=3\n"
            "plain genome={\"type\":\"direct\"}\n"
            "plain genome={\"type\":\"spatial_gem\"} genome.genes=2\n");
}

TEST(Sweep, PointSpecsHoldNoSweepVariantsOrFigure) {
  const std::vector<Point> points = expand(parse(first_example, "")).points;
  ASSERT_GT(points.size(), 1u);
  for (const Point& point : points) {
    for (const char* key : {"sweep", "variants", "figure"}) EXPECT_FALSE(point.spec.contains(key));
    for (const char* key : {"innate", "name", "seed", "replicas", "test"})
      EXPECT_TRUE(point.spec.contains(key));
  }
}

TEST(Sweep, ErrorsNameWhereTheyAreWritten) {
  const auto error = [](const std::string& sweep) {
    return expand_error(with_variants(R"([{"name": "z"}, {"name": "a", "sweep": )" + sweep + "}]"));
  };
  EXPECT_EQ(
      error(R"({"genome.genes": [1, 2, "x"]})"),
      "variants[1].sweep[\"genome.genes\"][2]: found the text \"x\"; allowed: an integer from 1 to 65536");
  EXPECT_EQ(error(R"([{"genome.genes": 0}])"),
            "variants[1].sweep[0][\"genome.genes\"]: found 0; allowed: an integer from 1 to 65536");
  EXPECT_EQ(error(R"({"genome.gens": [1]})"),
            "variants[1].sweep[\"genome.gens\"][0]: unknown key; type \"gem\" takes genes, output, initial; "
            "did you mean \"genes\"?");
  EXPECT_EQ(error(R"({"learning.optimiser.rate": [1]})"),
            "variants[1].sweep[\"learning.optimiser.rate\"][0]: learning.optimiser: unknown key; type "
            "\"gradient\" takes "
            "optimizer, batch, steps, epochs (exactly one of steps | epochs); did you mean \"optimizer\"?");
  EXPECT_EQ(error(R"({"genome": [{"type": "gem", "gens": 1}]})"),
            "variants[1].sweep.genome[0].gens: unknown key; type \"gem\" takes genes, output, initial; "
            "did you mean \"genes\"?");
  EXPECT_EQ(error(R"({"genom.genes": [1]})"),
            "variants[1].sweep[\"genom.genes\"][0]: unknown key; variants and sweeps can change: precision, "
            "task, network, "
            "genome, learning, test; did you mean \"genome\"?");
  EXPECT_EQ(error(R"({"replicas": [1]})"),
            "variants[1].sweep.replicas[0]: \"replicas\" belongs to the whole experiment; variants and "
            "sweeps can change: "
            "precision, task, network, genome, learning, test");
  EXPECT_EQ(error(R"({"learning.epochs": [1]})"),
            "variants[1].sweep[\"learning.epochs\"][0]: learning: exactly one of steps | epochs is needed; "
            "found steps and "
            "epochs");
  EXPECT_EQ(error(R"({"network.layers[1].units": [1]})"),
            "variants[1].sweep[\"network.layers[1].units\"][0]: \"1\" is no index of this list; allowed: 0");
  EXPECT_EQ(error(R"({"genome.genes[0]": [1]})"),
            "variants[1].sweep[\"genome.genes[0]\"][0]: genome.genes: found an object; allowed: an integer "
            "from 1 to 65536");
  EXPECT_EQ(error(R"({"genome..genes": [1]})"),
            "variants[1].sweep[\"genome..genes\"][0]: \"genome..genes\" is not a path such as "
            "network.layers[0].units: "
            "a key is empty");
}

TEST(Sweep, ShapesThatAreNone) {
  EXPECT_EQ(expand_error(with_sweep("{}")), "sweep: this sweep is empty; leave it out or name a path");
  EXPECT_EQ(expand_error(with_sweep("[]")),
            "sweep: this list of points is empty; leave it out or write a point");
  EXPECT_EQ(expand_error(with_sweep("3")),
            "sweep: found 3; allowed: {path: [values], ...}, or a list of points");
  EXPECT_EQ(expand_error(with_sweep(R"({"genome.genes": []})")),
            "sweep[\"genome.genes\"]: this list of values is empty");
  EXPECT_EQ(expand_error(with_sweep(R"({"genome.genes": 3})")),
            "sweep[\"genome.genes\"]: a sweep gives each path a list of values: \"genome.genes\": [...]");
  EXPECT_EQ(expand_error(with_sweep("[{}]")),
            "sweep[0]: a point of a sweep is an object: {\"genome.genes\": 11, ...}");
  EXPECT_EQ(expand_error(with_sweep("[3]")),
            "sweep[0]: a point of a sweep is an object: {\"genome.genes\": 11, ...}");
  EXPECT_EQ(expand_error(with_sweep(R"({"learning.steps": [null]})")),
            "sweep[\"learning.steps\"][0]: found null; a sweep gives values and removes nothing");
}

TEST(Sweep, PointsAreDistinct) {
  EXPECT_EQ(expand_error(with_sweep(R"({"genome.genes": [1, 2, 1e0]})")),
            "sweep[\"genome.genes\"][2]: this point is the same as that of sweep[\"genome.genes\"][0]");
  EXPECT_EQ(expand_error(with_sweep(R"([{"genome.genes": 1, "learning.batch": 2}, {"genome.genes": 2},
                                        {"learning.batch": 2, "genome.genes": 1}])")),
            "sweep[2][\"genome.genes\"]: this point is the same as that of sweep[0][\"learning.batch\"]");
  EXPECT_EQ(expand_error(with_variants(R"([{"name": "a", "sweep": {"genome.genes": [1]}},
                                           {"name": "b", "sweep": {"genome.genes": [1]}}])")),
            "no error");
}

TEST(Sweep, APathIsGivenOnce) {
  EXPECT_EQ(expand_error(with_sweep(R"({"network.layers[0].units": [1], "network.layers.0.units": [2]})")),
            "sweep[\"network.layers.0.units\"][0]: this would overwrite the value of "
            "sweep[\"network.layers[0].units\"][0]");
  EXPECT_EQ(expand_error(with_sweep(R"([{"genome.genes": 3, "genome": {"type": "gem", "genes": 4}}])")),
            "sweep[0].genome: this would overwrite the value of sweep[0][\"genome.genes\"]");
  Json file = with_variants(R"([{"name": "a", "sweep": {"genome.genes": [1]}}])");
  file["sweep"] = Json::parse(R"({"genome.genes": [1, 2]})");
  EXPECT_EQ(
      expand_error(file),
      "variants[0].sweep[\"genome.genes\"][0]: this would overwrite the value of sweep[\"genome.genes\"][0]");
}

TEST(Sweep, APointThatLacksAKeyIsNamed) {
  const Json base = without(plain(), "/genome", "genes");
  const Json file = change(base, "/sweep", Json::parse(R"([{"genome.genes": 3}, {"learning.batch": 4}])"));
  EXPECT_EQ(expand_error(file),
            "genome.genes: this key is missing; allowed: an integer from 1 to 65536 (learning.batch = 4)");
}

TEST(Sweep, HasALimit) {
  Json values = Json::array();
  for (int i = 1; i <= 400; ++i) values.push_back(i);
  const Json file = change(plain(), "/sweep", Json{{"genome.genes", values}, {"learning.batch", values}});
  EXPECT_EQ(expand_error(file), "sweep[\"learning.batch\"][0]: this makes more than 100000 points");
}

// ------------------------------------------------------------------------------------------------- whole
// experiments

TEST(Expansion, FirstExample) {
  const Experiment experiment = expand(parse(first_example, "example"));
  EXPECT_EQ(points_of(experiment),
            "S-GEM genome.genes=11\n"
            "S-GEM genome.genes=26 learning.optimizer.rate=0.001\n"
            "GEM genome.genes=1\n"
            "GEM genome.genes=5\n"
            "GEM genome.genes=9\n"
            "direct\n");
  EXPECT_EQ(experiment.name, "sgem-slp-mnist");
  EXPECT_EQ(experiment.seed, 1u);
  EXPECT_EQ(experiment.replicas, 10);
  const auto& points = experiment.points;
  EXPECT_EQ(points[0].spec.at("learning").at("optimizer").at("rate"), 0.003);
  EXPECT_EQ(points[1].spec.at("learning").at("optimizer").at("rate"), 0.001);
  EXPECT_EQ(
      points[1].spec.at("genome").dump(1),
      points[0].spec.at("genome").dump(1).replace(points[0].spec.at("genome").dump(1).find("11"), 2, "26"));
  EXPECT_EQ(points[3].spec.at("genome").at("type"), "gem");
  EXPECT_EQ(points[3].spec.at("genome").at("genes"), 5);
  EXPECT_EQ(points[5].spec.at("genome").at("type"), "direct");
  EXPECT_FALSE(points[5].spec.at("genome").contains("genes"));
  EXPECT_TRUE(experiment.resolved.at("genome").at("initial").is_object());
  EXPECT_EQ(experiment.resolved.at("variants").dump(), parse(first_example, "").at("variants").dump());
}

TEST(Expansion, OfTheResolvedFileIsTheSame) {
  const Json sweeping =
      change(with_variants(R"([
      {"name": "a", "set": {"learning": {"steps": null, "epochs": 2e0}, "genome": {"initial": {"sigma": 2.0}}}},
      {"sweep": [{"genome.initial": "authors", "genome.initial.sigma": 2}], "name": "b"}])"),
             "/sweep", Json::parse(R"({"genome.genes": [1e1, 3], "task.classes": ["all", [1]]})"));
  const Json lean =
      change(without(plain(), "", "genome"), "/variants",
             Json::parse(R"([{"name": "a", "set": {"genome": {"type": "gem", "genes": 3.0}}}])"));
  for (const Json& file : {plain(), parse(first_example, ""), sweeping, lean}) {
    const Experiment once = expand(file);
    EXPECT_TRUE(same(expand(once.resolved), once)) << file.dump();
    EXPECT_TRUE(same(expand(parse(once.resolved.dump(2), "")), once)) << file.dump();
  }
}

TEST(Expansion, APointIsAnExperimentOfItsOwn) {
  for (const Point& point : expand(parse(first_example, "")).points) {
    EXPECT_EQ(expand(point.spec).points[0].spec.dump(), point.spec.dump());
  }
}

TEST(Expansion, OrderOfKeysInTheFileDoesNotMatter) {
  Json backwards = Json::object();
  const Json file = plain();
  for (auto item = file.rbegin(); item != file.rend(); ++item) backwards[item.key()] = *item;
  EXPECT_EQ(expand(backwards).resolved.dump(), expand(file).resolved.dump());
}

// ------------------------------------------------------------------------------------------------------------
// --set

Json after(const std::string& assignment, Json file = plain()) {
  apply_set(file, assignment);
  return file;
}

std::string set_error(const std::string& assignment) {
  return error_of([&] { after(assignment); });
}

TEST(CommandLineSet, ValuesAreJsonOrText) {
  EXPECT_EQ(after("genome.genes=9").at("genome").at("genes"), 9);
  EXPECT_EQ(after("task.data=fashion-mnist").at("task").at("data"), "fashion-mnist");
  EXPECT_EQ(after("task.data=\"3\"").at("task").at("data"), "3");
  EXPECT_EQ(after("task.data=/a=b/c d").at("task").at("data"), "/a=b/c d");
  EXPECT_EQ(after("source=").at("source"), "");
  EXPECT_EQ(after("source=//x").at("source"), "//x");
  EXPECT_EQ(after("task.classes=[1,2]").at("task").at("classes"), Json::array({1, 2}));
  EXPECT_EQ(after("genome.genes=1e1").at("genome").at("genes"), 10);
  EXPECT_EQ(after("figure.log_x=true").at("figure").at("log_x"), true);
}

TEST(CommandLineSet, BothSpellingsOfIndices) {
  EXPECT_EQ(after("network.layers[0].units=3").at("network").at("layers")[0].at("units"), 3);
  EXPECT_EQ(after("network.layers.0.units=3").at("network").at("layers")[0].at("units"), 3);
  EXPECT_EQ(set_error("network.layers[1].units=3"),
            "--set network.layers[1].units: \"1\" is no index of this list; allowed: 0");
  EXPECT_EQ(set_error("network.layers.units=3"),
            "--set network.layers.units: \"units\" is no index of this list; allowed: 0");
}

TEST(CommandLineSet, ObjectsMergeAndTypesReplace) {
  const Json merged = after("learning.optimizer={\"beta1\": 0.5}");
  EXPECT_EQ(merged.at("learning").at("optimizer").at("rate"), 0.01);
  EXPECT_EQ(merged.at("learning").at("optimizer").at("beta1"), 0.5);
  EXPECT_EQ(after("genome={\"type\": \"direct\"}").at("genome").dump(), R"({"type":"direct"})");
  EXPECT_EQ(after("genome.initial.sigma=2").at("genome").at("initial").dump(), R"({"sigma":2})");
}

TEST(CommandLineSet, ATypeAloneKeepsTheOtherKeys) {
  const Json file = after("genome.type=spatial_gem");
  EXPECT_EQ(file.at("genome").at("type"), "spatial_gem");
  EXPECT_EQ(file.at("genome").at("genes"), 5);
  EXPECT_EQ(set_error("genome.type=direct"),
            "--set genome.type: genome.genes: unknown key; type \"direct\" takes nothing more; a type given "
            "alone keeps the "
            "object's other keys, so give the whole object: {\"type\": ...}");
}

TEST(CommandLineSet, NullRemoves) {
  const Json file = after("learning.epochs=3", after("learning.steps=null"));
  EXPECT_FALSE(file.at("learning").contains("steps"));
  EXPECT_EQ(expand(file).points[0].spec.at("learning").at("epochs"), 3);
  EXPECT_EQ(set_error("learning.epochs=null"),
            "--set learning.epochs: null removes a key, but there is no such key here");
}

TEST(CommandLineSet, ComesBeforeVariants) {
  const Json file = after(
      "genome.genes=40", with_variants(R"([{"name": "a"}, {"name": "b", "set": {"genome": {"genes": 2}}}])"));
  const Experiment experiment = expand(file);
  EXPECT_EQ(experiment.points[0].spec.at("genome").at("genes"), 40);
  EXPECT_EQ(experiment.points[1].spec.at("genome").at("genes"), 2);
}

TEST(CommandLineSet, ReplacesASweep) {
  const Json file = after("sweep={\"learning.batch\": [1, 2]}", with_sweep(R"({"genome.genes": [1, 2, 3]})"));
  EXPECT_EQ(points_of(file), "plain learning.batch=1\nplain learning.batch=2\n");
  EXPECT_EQ(points_of(after("sweep=null", file)), "plain\n");
}

TEST(CommandLineSet, ErrorsNameThePath) {
  EXPECT_EQ(
      set_error("genome.gens=3"),
      "--set genome.gens: unknown key; type \"gem\" takes genes, output, initial; did you mean \"genes\"?");
  EXPECT_EQ(set_error("genom.genes=3").substr(0, 35), "--set genom.genes: genom: unknown k");
  EXPECT_NE(set_error("genom.genes=3").find("did you mean \"genome\"?"), std::string::npos);
  EXPECT_EQ(set_error("genome.genes=many"),
            "--set genome.genes: found the text \"many\"; allowed: an integer from 1 to 65536");
  EXPECT_EQ(set_error("genome.genes=NaN"),
            "--set genome.genes: found the text \"NaN\"; allowed: an integer from 1 to 65536");
  EXPECT_EQ(set_error("seed.x=3"), "--set seed.x: seed: found an object; allowed: an integer from 0 to 2^53");
  EXPECT_EQ(set_error("variants=[]"), "--set variants: \"variants\" cannot be set from the command line");
  EXPECT_EQ(set_error("variants[0].name=x"),
            "--set variants[0].name: \"variants\" cannot be set from the command line");
  EXPECT_EQ(set_error("innate=2"), "--set innate: \"innate\" cannot be set from the command line");
  EXPECT_EQ(set_error("genome"), "--set: found \"genome\"; allowed: path.to.key=value");
  EXPECT_EQ(set_error("=3").substr(0, 23), "--set: \"\" is not a path");
  EXPECT_EQ(set_error("name=a/b").substr(0, 24), "--set name: found \"a/b\";");
  EXPECT_EQ(set_error("name=null"), "--set name: this key is missing; allowed: a text");
  EXPECT_EQ(set_error("genome={type: gem}").substr(0, 18), "--set genome:1:3: ");
  EXPECT_EQ(set_error("source=\xff"), "--set: this assignment is not UTF-8 text");
}

TEST(CommandLineSet, AnErrorLeavesTheExperimentAsItWas) {
  Json file = plain();
  EXPECT_THROW(apply_set(file, "genome.genes=0"), engine::SchemaError);
  EXPECT_EQ(file.dump(), plain().dump());
}

// --------------------------------------------------------------------------------------------------------
// reference

TEST(Reference, NamesEveryTopLevelKeyOnNarrowLines) {
  const std::string reference = schema_reference();
  for (const auto& field : experiment_schema().fields) {
    EXPECT_NE(reference.find('\n' + field.name + ": "), std::string::npos) << field.name;
    EXPECT_FALSE(field.help.empty());
  }
  EXPECT_NE(reference.find("\n    genome.genes: an integer from 1 to 65536; required\n"), std::string::npos);
  EXPECT_NE(reference.find("\nvariants[i].name: a text; required\n"), std::string::npos);
  EXPECT_NE(reference.find("\n    network.layers[i].units: an integer from 1 to 65536; required\n"),
            std::string::npos);
  std::istringstream lines(reference);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

}  // namespace
}  // namespace innate::host
