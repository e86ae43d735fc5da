// `innate run` and `innate plot`: the results folder, the same bits whatever surrounds a replica, divergence,
// stopping rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <regex>
#include <set>
#include <string>

#include "tests/support/command.h"

namespace innate::test {
namespace {

using Row = std::map<std::string, std::string>;

class CommandRun : public Command {
 protected:
  /// Lines of a table whose cells of these columns are as wanted.
  static Words rows_where(const fs::path& file, const Row& wanted) {
    const Rows all = table(file);
    const Words text = lines(read(file));
    Words found;
    for (std::size_t i = 0; i < all.rows.size(); ++i) {
      const bool fits = std::all_of(wanted.begin(), wanted.end(), [&](const auto& cell) {
        return all.rows[i].at(cell.first) == cell.second;
      });
      if (fits) found.push_back(text[i + 1]);
    }
    return found;
  }

  /// The rows of one run are the same bytes in both folders, and there are some.
  void expect_same_rows(const std::string& a, const std::string& b, const Row& wanted) const {
    for (const char* name : {"runs.csv", "metrics.csv"}) {
      const Words rows = rows_where(folder_ / a / name, wanted);
      EXPECT_FALSE(rows.empty()) << a << "/" << name;
      EXPECT_EQ(rows, rows_where(folder_ / b / name, wanted)) << name;
    }
  }

  /// A png's signature and an svg's end.
  void expect_pictures(const fs::path& stem) const {
    const std::string png = read(stem.string() + ".png"), svg = read(stem.string() + ".svg");
    EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
    EXPECT_TRUE(contains(png, "IEND"));
    EXPECT_TRUE(says(svg, {"<svg", "</svg>"}));
  }
};

// ---- The results folder ----

TEST_F(CommandRun, FolderHoldsEverything) {
  if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  pictures_ = true;
  put(experiment({{"sweep", {{"genome.genes", {1, 3}}}}}));
  const Ending ending = run(innate_run({"experiment.json"}));
  ASSERT_TRUE(ended(ending, kDone));
  const fs::path out = folder_ / "results/bands";
  EXPECT_EQ(names(out), (Words{"curve.png", "curve.svg", "experiment.json", "genomes.bin", "metrics.csv",
                               "provenance.json", "runs.csv", "summary.csv"}));
  EXPECT_EQ(names(folder_), (Words{"data", "experiment.json", "results"}));
  expect_pictures(out / "curve");
  EXPECT_TRUE(says(ending.out, {"variant  genome.genes", "best_accuracy_mean", "results  results/bands",
                                "picture  results/bands/curve.png\n"}));
}

TEST_F(CommandRun, TablesAreWellFormed) {
  results(experiment({{"sweep", {{"genome.genes", {1, 3}}}}}), "out");
  const Rows runs = table(folder_ / "out/runs.csv"), metrics = table(folder_ / "out/metrics.csv"),
             summary = table(folder_ / "out/summary.csv");
  EXPECT_EQ(metrics.columns, (Words{"variant", "genome.genes", "replica", "at", "metric", "value"}));
  ASSERT_EQ(runs.rows.size(), 4u);
  for (std::size_t i = 0; i < runs.rows.size(); ++i) {
    const Row& row = runs.rows[i];
    EXPECT_EQ(row.at("variant"), "bands");
    EXPECT_EQ(row.at("genome.genes"), i < 2 ? "1" : "3");
    EXPECT_EQ(row.at("replica"), std::to_string(i % 2));
    EXPECT_EQ(row.at("seed"), std::to_string(7 + i % 2));
    EXPECT_EQ(row.at("network_parameters"), "189");  // 9 * 7 * 3
    EXPECT_EQ(row.at("progress"), "60");
    EXPECT_EQ(row.at("status"), "done");
    EXPECT_GT(std::stod(row.at("best_accuracy")), 1.0 / 3);
    EXPECT_NEAR(std::stod(row.at("compression")) * std::stod(row.at("genome_parameters")), 189, 1e-9);
    EXPECT_NEAR(std::stod(row.at("percent")) * std::stod(row.at("compression")), 100, 1e-9);
  }
  // Tests before the first step, every 20 and after the last; a training loss at all but the first.
  EXPECT_EQ(metrics.rows.size(), 4u * (4 * 2 + 3));
  ASSERT_EQ(summary.rows.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(summary.rows[i].at("replicas"), "2");
    EXPECT_EQ(summary.rows[i].at("diverged"), "0");
    const double a = std::stod(runs.rows[2 * i].at("best_accuracy")),
                 b = std::stod(runs.rows[2 * i + 1].at("best_accuracy"));
    EXPECT_NEAR(std::stod(summary.rows[i].at("best_accuracy_mean")), (a + b) / 2, 1e-12);
  }
}

TEST_F(CommandRun, BestAndFinalAreThoseOfTheMetrics) {
  results(experiment({{"learning", {{"steps", 2000}}}, {"test", {{"every", 100}}}}), "out");
  const Rows runs = table(folder_ / "out/runs.csv");
  for (const Row& row : runs.rows) {
    double best = -1, last = -1, least = 1e30;
    for (const Row& metric : table(folder_ / "out/metrics.csv").rows) {
      if (metric.at("replica") != row.at("replica")) continue;
      const double value = std::stod(metric.at("value"));
      if (metric.at("metric") == "accuracy") best = std::max(best, last = value);
      if (metric.at("metric") == "loss") least = std::min(least, value);
    }
    EXPECT_EQ(std::stod(row.at("best_accuracy")), best);
    EXPECT_EQ(std::stod(row.at("final_accuracy")), last);
    EXPECT_EQ(std::stod(row.at("best_loss")), least);
  }
}

TEST_F(CommandRun, ProvenanceSaysWhatWasDone) {
  put(experiment());
  ASSERT_TRUE(ended(run(innate_run({"experiment.json", "--set", "seed=9", "--out", "out"})), kDone));
  const Json provenance = Json::parse(read(folder_ / "out/provenance.json"));
  for (const char* key : {"version", "build", "host", "device", "started_at", "finished_at"})
    EXPECT_TRUE(provenance.at(key).is_string()) << key;
  EXPECT_EQ(provenance.at("finished"), true);
  EXPECT_FALSE(provenance.at("libraries").empty());
  EXPECT_TRUE(contains(provenance.at("device"), "CPU, 1 thread"));
  EXPECT_EQ(provenance.at("command_line"), Json({INNATE_BINARY, "run", "--device", "cpu", "--threads", "1",
                                                 "experiment.json", "--set", "seed=9", "--out", "out"}));
  for (const auto& [name, text] : tables(folder_ / "out")) {
    if (name == "genomes.bin") continue;  // numbers
    EXPECT_FALSE(contains(text, ":")) << name << " holds something like a time";
    EXPECT_FALSE(contains(text, provenance.at("started_at").get<std::string>().substr(0, 10))) << name;
  }
}

TEST_F(CommandRun, ResolvedExperimentHasDefaultsAndRunsTheSame) {
  const Json sweep =
      Json::parse(R"([{"genome.genes": 1}, {"genome.genes": 2, "learning.optimizer.rate": 0.003}])");
  const Json variants = Json::parse(
      R"([{"name": "a"}, {"name": "b", "set": {"genome": {"type": "direct"}, "test": {"stop": "paper"}}, "sweep": {"learning.batch": [8, 16]}}])");
  Json json = experiment({{"variants", variants}});
  json["variants"][0]["sweep"] = sweep;
  const auto first = results(json, "first");
  const Json resolved = Json::parse(read(folder_ / "first/experiment.json"));
  EXPECT_EQ(resolved.at("precision"), "fp32");
  EXPECT_EQ(resolved.at("task").at("classes"), "all");
  EXPECT_EQ(resolved.at("test").at("images"), "all");
  EXPECT_EQ(resolved.at("test").at("stop"), Json({{"type", "never"}}));
  EXPECT_EQ(resolved.at("learning").at("optimizer").at("beta2"), 0.999);
  EXPECT_TRUE(resolved.at("genome").at("initial").is_object());
  ASSERT_TRUE(ended(run(innate_run({"first/experiment.json", "--out", "second"})), kDone));
  EXPECT_EQ(tables(folder_ / "second"), first);
  EXPECT_EQ(read(folder_ / "second/experiment.json"), read(folder_ / "first/experiment.json"));
}

TEST_F(CommandRun, ProgressIsPlainWhereItIsNoTerminal) {
  put(experiment());
  const Ending ending = run(innate_run({"experiment.json", "--verbose"}));
  ASSERT_TRUE(ended(ending, kDone, {"bands: 2 runs, on CPU", "%"}));
  for (const std::string& text : {ending.out, ending.err})
    for (const char c : text)
      EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= ' ') << static_cast<int>(c);
  EXPECT_FALSE(contains(ending.out, "%  bands")) << "progress belongs on standard error";
}

TEST_F(CommandRun, VerboseNamesImplementations) {
  put(experiment());
  const auto plain = run(innate_run({"experiment.json", "--out", "1"})),
             verbose = run(innate_run({"experiment.json", "--out", "2", "--verbose"}));
  ASSERT_TRUE(ended(plain, kDone));
  ASSERT_TRUE(ended(verbose, kDone));
  EXPECT_TRUE(says(verbose.err, {"program/train: cpu, fused, one replica a core, ", " instructions, ",
                                 " million multiply-adds", "program/test: cpu, "}));
  EXPECT_FALSE(contains(plain.err, "program/"));
  EXPECT_EQ(tables(folder_ / "1"), tables(folder_ / "2"));
}

TEST_F(CommandRun, SaysHowThePixelsAreRead) {
  put(experiment());
  EXPECT_TRUE(ended(run(innate_run({"experiment.json"})), kDone,
                    {"600 training images as images, 31.5 % of whose pixels are not 0"}));
}

TEST_F(CommandRun, ALittleMemoryGivesTheSameBytes) {
  put(experiment({{"sweep", {{"genome.genes", {1, 3, 2}}}}}));
  const Words two = {"experiment.json", "--threads", "2", "--out"};
  const auto with = [&](const Words& more) {
    Words all = two;
    all.insert(all.end(), more.begin(), more.end());
    return run(innate_run(all));
  };
  ASSERT_TRUE(ended(with({"whole"}), kDone, {"6 runs to train, up to ", " of memory that may be used"}));
  const Ending little = with({"little", "--memory", "40K"});  // room for one run, and not for two
  ASSERT_TRUE(
      ended(little, kDone, {"6 runs to train, up to ", " each of the 40.0 KB of memory that may be used"}));
  EXPECT_EQ(tables(folder_ / "whole"), tables(folder_ / "little"));
}

TEST_F(CommandRun, ARandomBasisThatDoesNotFitIsMade) {
  put(experiment({{"replicas", 1},
                  {"genome", {{"type", "random_basis"}, {"vectors", 300}, {"genes", nullptr}}},
                  {"network", {{"layers", {{{"type", "dense"}, {"units", 3}, {"bias", "learned"}}}}}}}));
  const Ending stored = run(innate_run({"experiment.json", "--out", "stored"}));
  ASSERT_TRUE(ended(stored, kDone));
  EXPECT_FALSE(contains(stored.err, "made anew"));
  ASSERT_TRUE(ended(
      run(innate_run({"experiment.json", "--out", "made", "--memory", "80K"})), kDone,
      {"bands: a run would need ", ", and 80.0 KB may be used: random numbers are made anew at each use"}));
  EXPECT_EQ(tables(folder_ / "stored"), tables(folder_ / "made"));
}

TEST_F(CommandRun, EveryExecutorWritesTheSameBytes) {
  Json json = experiment({{"test", {{"images", 50}}}});
  json["variants"] = Json::parse(R"([
    { "name": "gem" }, { "name": "places", "set": { "genome": { "type": "spatial_gem", "genes": 2 } } },
    { "name": "direct", "set": { "genome": { "type": "direct" }, "learning": { "optimizer": { "type": "sgd", "rate": 0.1 } } } } ])");
  const auto expected = results(json, "auto", {"--executor", "auto"});
  EXPECT_EQ(results(json, "unsaid"), expected);
  for (const char* executor : {"fused", "launches", "graph"})
    for (const char* threads : {"1", "2"})
      EXPECT_EQ(
          results(json, std::string(executor) + threads, {"--executor", executor, "--threads", threads}),
          expected)
          << executor << ", " << threads << " threads";
  put(json);
  const auto said = [&](const char* executor) {
    return run(innate_run(
        {"experiment.json", "--out", std::string("said-") + executor, "--verbose", "--executor", executor}));
  };
  EXPECT_TRUE(ended(said("fused"), kDone, {"program/train: cpu, fused, one replica a core"}));
  EXPECT_TRUE(ended(said("launches"), kDone, {"program/train: cpu, launches, all threads on one replica"}));
}

TEST_F(CommandRun, TooLittleMemoryIsSaidBeforeAnythingIsWritten) {
  put(experiment({{"genome", {{"type", "gem"}, {"genes", 65536}}}}));
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--memory", "1G"})), kBadUsage,
                    {"one run needs ", " GB of memory, and 1.0 GB may be used", "--memory"}));
  EXPECT_FALSE(fs::exists(folder_ / "results"));
}

TEST_F(CommandRun, WithoutGnuplotThereIsNoPictureAndAllElse) {
  put(experiment());
  const Ending ending = run(innate_run({"experiment.json"}));
  ASSERT_TRUE(ended(ending, kDone, {"no picture: ", "gnuplot"}));
  EXPECT_FALSE(contains(ending.out, "picture"));
  EXPECT_EQ(names(folder_ / "results/bands"), (Words{"experiment.json", "genomes.bin", "metrics.csv",
                                                     "provenance.json", "runs.csv", "summary.csv"}));
}

// ---- Folders that are there already ----

TEST_F(CommandRun, FinishedFolderIsLeftAlone) {
  results(experiment(), "out");
  const auto before = snapshot(folder_ / "out");
  for (const Words& more : {Words{}, Words{"--resume"}, Words{"--threads", "2"}}) {
    Words arguments = {"out.json", "--out", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ending ending = run(innate_run(arguments));
    EXPECT_TRUE(ended(ending, kDone));
    EXPECT_TRUE(says(ending.out, {"out holds this experiment, finished."}));
    EXPECT_EQ(snapshot(folder_ / "out"), before);
  }
}

TEST_F(CommandRun, FolderOfAnotherExperimentIsRefused) {
  results(experiment(), "out");
  const auto before = snapshot(folder_ / "out");
  for (const char* resume : {"--verbose", "--resume"}) {
    const Ending ending = run(innate_run({"out.json", "--out", "out", "--set", "seed=8", resume}));
    EXPECT_TRUE(
        ended(ending, kFailed,
              {"out: holds the results of another experiment", "seed", "7", "8", "nothing was touched"}));
    EXPECT_EQ(snapshot(folder_ / "out"), before);
  }
}

TEST_F(CommandRun, ForeignFoldersAndFilesAreRefused) {
  put(experiment());
  write(folder_ / "home/thesis.tex", "words");
  write(folder_ / "json/experiment.json", "[1, 2]");
  write(folder_ / "file", "a file");
  const auto before = snapshot(folder_);
  const std::vector<std::pair<const char*, Words>> cases = {
      {"home", {"home: is no results folder: it holds 'thesis.tex'"}},
      {"json", {"json: its experiment.json is not a JSON object"}},
      {"file", {"file: is a file, not a folder"}},
      {"file/below", {"file/below", "Not a directory"}}};
  for (const auto& [out, words] : cases)
    for (const char* resume : {"--verbose", "--resume"}) {
      SCOPED_TRACE(out);
      EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", out, resume})), kFailed, words));
      EXPECT_EQ(snapshot(folder_), before);
    }
}

TEST_F(CommandRun, AnExperimentFileInTheFolderIsNotOverwritten) {
  // Results hold the resolved experiment; what the user wrote is another text of it, and may have comments.
  write(folder_ / "out/experiment.json", "// mine\n" + experiment().dump());
  const auto before = snapshot(folder_ / "out");
  EXPECT_TRUE(ended(run(innate_run({"out/experiment.json", "--out", "out"})), kFailed,
                    {"out: holds an experiment.json and no results", "so that it is not lost"}));
  EXPECT_EQ(snapshot(folder_ / "out"), before);
}

// ---- What an experiment means is its identity

TEST_F(CommandRun, KeysInAnotherOrderAreTheSameExperiment) {
  Json swept = experiment();
  swept["sweep"] = Json::parse(R"({"learning.optimizer.rate": [0.01, 0.1], "genome.genes": [1, 2]})");
  const auto expected = results(swept, "out");
  write(folder_ / "out/experiment.json",
        nlohmann::json::parse(read(folder_ / "out/experiment.json")).dump());  // in alphabetical order
  for (const char* command : {"export", "test"}) EXPECT_TRUE(ended(run(innate({command, "out"})), kDone));
  const Ending ending = run(innate_run({"out.json", "--out", "out"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_FALSE(contains(ending.err, "runs to train"));
  EXPECT_EQ(tables(folder_ / "out"), expected);
  EXPECT_TRUE(says(run(innate_run({"out.json", "--out", "out"})).out, {"finished. Nothing to do."}));
}

TEST_F(CommandRun, FigureAndSourceAloneAreDrawnAnew) {
  if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  pictures_ = true;
  const auto expected = results(experiment(), "out");
  const std::string picture = read(folder_ / "out/curve.svg"), made = read(folder_ / "out/provenance.json");
  const Ending ending = run(
      innate_run({"out.json", "--out", "out", "--set", "source=Meyer 1999", "--set", "figure.y=final_loss"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_TRUE(
      says(ending.out, {"out holds this experiment, finished; drawn anew.", "picture  out/curve.png"}));
  EXPECT_EQ(tables(folder_ / "out"), expected);
  EXPECT_EQ(read(folder_ / "out/provenance.json"), made);
  EXPECT_TRUE(says(read(folder_ / "out/curve.svg"), {"Meyer 1999"}));
  EXPECT_NE(read(folder_ / "out/curve.svg"), picture);
  EXPECT_TRUE(says(picture, {"mean and one standard deviation of 2 replicas"}));
  EXPECT_FALSE(contains(picture, "not finished")) << "it is drawn before the folder's end mark";
  EXPECT_TRUE(contains(read(folder_ / "out/experiment.json"), "Meyer 1999"));
}

TEST_F(CommandRun, AFinishedFolderIsExtended) {
  Json small = experiment(), large = experiment({{"replicas", 3}});
  small["variants"] = Json::parse(R"([ { "name": "gem", "sweep": { "genome.genes": [1, 4] } } ])");
  large["variants"] = Json::parse(R"([
      { "name": "places", "set": { "genome": { "type": "spatial_gem", "genes": 2 } } },
      { "name": "gem", "sweep": { "genome.genes": [1, 2, 4] } } ])");
  const auto expected = results(large, "large");
  results(small, "out");
  EXPECT_TRUE(ended(run(innate_run({"large.json", "--out", "out"})), kFailed,
                    {"out: holds 4 of this experiment's 12 runs, finished", "--resume"}));
  const Ending ending = run(innate_run({"large.json", "--out", "out", "--resume"}));
  EXPECT_TRUE(ended(ending, kDone, {"8 runs to train"}));
  EXPECT_EQ(tables(folder_ / "out"), expected);
  EXPECT_EQ(read(folder_ / "out/experiment.json"),
            Json::parse(read(folder_ / "large/experiment.json")).dump(2) + "\n");
  EXPECT_TRUE(Json::parse(read(folder_ / "out/provenance.json")).at("earlier").is_object());
  EXPECT_FALSE(fs::exists(folder_ / "out/checkpoint"));
  const auto before = snapshot(folder_ / "out");
  EXPECT_TRUE(ended(run(innate_run({"out.json", "--out", "out", "--resume"})), kFailed,
                    {"out: holds the results of another experiment", "replicas is 3 in the folder and 2"}));
  EXPECT_EQ(snapshot(folder_ / "out"), before);
}

TEST_F(CommandRun, PartsOfAnExperiment) {
  Json json = experiment();
  json["variants"] = Json::parse(R"([
      { "name": "one", "sweep": { "genome.genes": [1, 4] } }, { "name": "two", "set": { "genome": { "type": "direct" } } } ])");
  const auto expected = results(json, "whole");
  put(json);
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", "out", "--variant", "two"})), kDone));
  EXPECT_EQ(table(folder_ / "out/runs.csv").rows.size(), 2u);
  EXPECT_TRUE(ended(run(innate({"test", "out"})), kDone));
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", "out", "--variant", "one"})), kFailed,
                    {"holds other variants of this experiment", "--resume"}));
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", "out", "--variant", "on"})), kBadUsage,
                    {"no variant \"on\"; it has \"one\", \"two\"", "did you mean \"one\""}));
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", "out", "--variant", "one", "--resume"})),
                    kDone, {"4 runs to train"}));
  EXPECT_EQ(tables(folder_ / "out"), expected);
}

TEST_F(CommandRun, ADryRunSaysWhatWouldRunAndWritesNothing) {
  Json json = experiment();
  json["sweep"] = Json::parse(R"({"genome.genes": [1, 4]})");
  put(json);
  const auto before = snapshot(folder_);
  Ending ending = run(innate_run({"experiment.json", "--out", "out", "--dry-run"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_TRUE(says(ending.out,
                   {"genome.genes", "genome_parameters", "memory", "time", "4 of 4 runs are left, 240 steps",
                    "CPU, 1 thread"}));  // 60 of 2 replicas of 2 points
  EXPECT_EQ(snapshot(folder_), before);
  results(experiment({{"sweep", {{"genome.genes", {1}}}}}), "out");
  const auto finished = snapshot(folder_ / "out");
  ending = run(innate_run({"experiment.json", "--out", "out", "--set", "replicas=3", "--dry-run"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_TRUE(says(ending.out, {"4 of 6 runs are left, 240 steps"}));
  EXPECT_EQ(snapshot(folder_ / "out"), finished);
}

// ---- The same data

TEST_F(CommandRun, OtherDataThanItWasTrainedOnAreRefused) {
  const auto expected = results(experiment({{"replicas", 3}}), "whole");
  results(experiment(), "out");
  const std::string digest = Json::parse(read(folder_ / "out/provenance.json")).at("data").at("tiny");
  EXPECT_EQ(digest.size(), 64u);
  const fs::path labels = data_ / "tiny" / tiny::train_labels;
  const std::string right = read(labels);
  std::string other = right;
  other.back() = other.back() == 0 ? 1 : 0;
  write(labels, other);
  const auto before = snapshot(folder_ / "out");
  const Words arguments = {"out.json", "--out", "out", "--set", "replicas=3", "--resume"};
  EXPECT_TRUE(ended(run(innate_run(arguments)), kFailed,
                    {"out: was begun with other data", digest, "Put back the set"}));
  EXPECT_TRUE(snapshot(folder_ / "out") == before);
  const std::string made = read(folder_ / "out/provenance.json");
  write(folder_ / "out/provenance.json", R"({"finished": true})");
  EXPECT_TRUE(
      ended(run(innate_run(arguments)), kFailed,
            {"out/genomes.bin: bands, replica 0 was trained on other data", digest, "Put back the set"}));
  write(folder_ / "out/provenance.json", made);
  write(labels, right);
  EXPECT_TRUE(ended(run(innate_run(arguments)), kDone));
  EXPECT_EQ(tables(folder_ / "out"), expected);
}

TEST_F(CommandRun, DataThatChangeBeforeTheFirstCheckpointAreRefused) {
  results(experiment(), "out");
  Json made = Json::parse(read(folder_ / "out/provenance.json"));
  const std::string digest = made.at("data").at("tiny");
  made["finished"] = false;
  for (const char* name : {"genomes.bin", "metrics.csv", "runs.csv", "summary.csv"})
    fs::remove(folder_ / "out" / name);
  write(folder_ / "out/provenance.json", made.dump());
  const fs::path labels = data_ / "tiny" / tiny::train_labels;
  std::string other = read(labels);
  other.back() = other.back() == 0 ? 1 : 0;
  write(labels, other);
  for (const char* how : {"--resume", "--dry-run"})
    EXPECT_TRUE(
        ended(run(innate_run({"out.json", "--out", "out", how})), kFailed,
              {"out: was begun with other data: 'tiny' had the SHA-256 " + digest, "Put back the set"}));
  EXPECT_EQ(names(folder_ / "out"), (Words{"experiment.json", "provenance.json"}));
}

// ---- A finished folder that has lost something

TEST_F(CommandRun, WhatAFinishedFolderLostIsMended) {
  const auto expected = results(experiment(), "out");
  const auto mended = [&](const Words& more) {
    Words arguments = {"out.json", "--out", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(innate_run(arguments));
  };
  for (const char* lost : {"metrics.csv", "runs.csv", "summary.csv"}) {
    fs::remove(folder_ / "out" / lost);
    const Ending ending = mended({"--resume"});
    EXPECT_TRUE(ended(ending, kDone));
    EXPECT_FALSE(contains(ending.err, "runs to train"));
    EXPECT_TRUE(tables(folder_ / "out") == expected) << lost;
  }
  for (const std::string& left : {std::string(), expected.at("genomes.bin").substr(0, 1500)}) {
    left.empty() ? void(fs::remove(folder_ / "out/genomes.bin")) : write(folder_ / "out/genomes.bin", left);
    EXPECT_TRUE(ended(mended({}), kFailed, {"out: its genomes.bin is gone or cut off", "--resume"}));
    EXPECT_TRUE(ended(mended({"--resume"}), kDone, {"runs to train"}));
    EXPECT_TRUE(tables(folder_ / "out") == expected);
  }
}

TEST_F(CommandRun, OptionsAreCheckedWhereNothingIsLeftToDo) {
  results(experiment(), "out");
  EXPECT_TRUE(ended(run(innate({"run", "out.json", "--out", "out", "--device", "gpu"})), kBadUsage,
                    {"--device 'gpu'"}));
  EXPECT_TRUE(ended(run(innate_run({"out.json", "--out", "out", "--data", "nowhere"})), kFailed,
                    {"nowhere: found nothing"}));
  EXPECT_TRUE(ended(run(innate_run({"out.json", "--out", ""})), kBadUsage, {"--out", "the name is empty"}));
}

// ---- A terminal that goes away

TEST_F(CommandRun, FinishedWorkIsDoneWhoeverReadsOfIt) {
  const auto expected = results(experiment(), "whole");
  put(experiment());
  for (const char* reader : {"true", "head -1"}) {
    Invocation piped = innate_run({"experiment.json", "--out", "out"});
    piped.file = "/bin/bash";
    piped.arguments.insert(
        piped.arguments.begin(),
        {"-c", std::string("set -o pipefail; PATH=/bin:/usr/bin; \"$0\" \"$@\" 2>&1 | ") + reader,
         INNATE_BINARY});
    EXPECT_TRUE(ended(run(piped), kDone)) << reader;
    EXPECT_EQ(tables(folder_ / "out"), expected);
    EXPECT_EQ(Json::parse(read(folder_ / "out/provenance.json")).at("finished"), true);
    fs::remove_all(folder_ / "out");
  }
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  Invocation dry = innate_run({"experiment.json", "--out", "dry", "--dry-run"});
  dry.output = "/dev/full";
  EXPECT_TRUE(ended(run(dry), kFailed, {"No space left on device"})) << "its words are all that it makes";
  Invocation full = innate_run({"experiment.json", "--out", "out"});
  full.output = "/dev/full";
  EXPECT_TRUE(ended(run(full), kDone, {"cannot write to the standard output: No space left on device"}));
  EXPECT_EQ(tables(folder_ / "out"), expected);
}

TEST_F(CommandRun, EmptyAndNestedFoldersAndResumeOfNothing) {
  fs::create_directories(folder_ / "empty");
  put(experiment());
  for (const char* out : {"empty", "a/b/c", "with space"}) {
    SCOPED_TRACE(out);
    EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", out, "--resume"})), kDone));
    EXPECT_EQ(tables(folder_ / out).size(), 4u);
  }
}

// ---- The same bits ----

TEST_F(CommandRun, TwoThreadsAreOneThread) {
  for (const char* genome : {"gem", "spatial_gem"}) {
    const Json json =
        experiment({{"replicas", 5}, {"genome", {{"type", genome}}}, {"test", {{"images", 50}}}});
    EXPECT_EQ(results(json, std::string(genome) + "1", {"--threads", "1"}),
              results(json, std::string(genome) + "2", {"--threads", "2"}));
  }
}

TEST_F(CommandRun, OneReplicaAloneIsTheFirstAmongMany) {
  for (const char* genome : {"gem", "spatial_gem", "direct"}) {
    Json json = experiment({{"replicas", 4}, {"genome", {{"type", genome}}}, {"test", {{"images", 50}}}});
    if (genome == std::string("direct")) json["genome"].erase("genes");
    const std::string many = std::string(genome) + "-many", alone = std::string(genome) + "-alone",
                      third = std::string(genome) + "-third";
    results(json, many);
    results(json, alone, {"--set", "replicas=1"});
    expect_same_rows(many, alone, {{"replica", "0"}});
    EXPECT_EQ(rows_where(folder_ / many / "metrics.csv", {{"replica", "1"}}).size(), 4u * 2 + 3);
    // Replica r uses seed + r: replica 2's numbers are those of an experiment with that seed.
    results(json, third, {"--set", "replicas=1", "--set", "seed=9"});
    const auto values = [&](const std::string& folder, const char* replica) {
      Words all;
      for (const Row& row : table(folder_ / folder / "metrics.csv").rows)
        if (row.at("replica") == replica) all.push_back(row.at("at") + row.at("metric") + row.at("value"));
      return all;
    };
    EXPECT_EQ(values(many, "2"), values(third, "0"));
    EXPECT_NE(values(many, "1"), values(many, "0"));
  }
}

TEST_F(CommandRun, OnePointAloneIsThatOfASweep) {
  const Json base = experiment({{"replicas", 3}});
  Json sweep = base, alone = base;
  sweep["sweep"] = Json::parse(R"({"genome.genes": [1, 2, 5, 9], "learning.optimizer.rate": [0.01, 0.1]})");
  alone["sweep"] = Json::parse(R"({"genome.genes": [5], "learning.optimizer.rate": [0.1]})");
  results(sweep, "sweep");
  results(alone, "alone");
  expect_same_rows("sweep", "alone", {{"genome.genes", "5"}, {"learning.optimizer.rate", "0.1"}});
}

TEST_F(CommandRun, RunningAgainGivesTheSameBytes) {
  const Json json =
      experiment({{"task", {{"classes", {2, 0}}, {"train_per_class", 50}}},
                  {"network", {{"layers", {{{"type", "dense"}, {"units", 2}, {"bias", "learned"}}}}}}});
  EXPECT_EQ(results(json, "first"), results(json, "second"));
}

// ---- Divergence and stopping ----

TEST_F(CommandRun, AReplicaThatDivergesTouchesNoOther) {
  Json with = experiment(), without = experiment();
  with["sweep"] = Json::parse(R"({"learning.optimizer.rate": [0.01, 1e30, 0.02]})");
  without["sweep"] = Json::parse(R"({"learning.optimizer.rate": [0.01, 0.02]})");
  results(with, "with");
  results(without, "without");
  for (const char* rate : {"0.01", "0.02"}) {
    const Row sound = {{"learning.optimizer.rate", rate}};
    expect_same_rows("with", "without", sound);
    EXPECT_EQ(rows_where(folder_ / "with/summary.csv", sound),
              rows_where(folder_ / "without/summary.csv", sound));
  }
  const Rows runs = table(folder_ / "with/runs.csv"), summary = table(folder_ / "with/summary.csv");
  int diverged = 0;
  for (const Row& row : runs.rows) {
    if (row.at("status") != "diverged") continue;
    ++diverged;
    EXPECT_EQ(row.at("learning.optimizer.rate"), "1e+30");
    EXPECT_EQ(row.at("progress"), "20") << "it stops at the first test that finds it";
  }
  EXPECT_EQ(diverged, 2);
  EXPECT_EQ(summary.rows.at(1).at("diverged"), "2");
  EXPECT_EQ(summary.rows.at(1).at("best_accuracy_mean"), "");
}

TEST_F(CommandRun, WhereAllDivergeItSaysSo) {
  if (have_gnuplot()) pictures_ = true;
  put(experiment({{"learning", {{"optimizer", {{"rate", 1e30}}}}}}));
  const Ending ending = run(innate_run({"experiment.json", "--out", "out"}));
  EXPECT_TRUE(ended(ending, kDone, {"no picture: "}));
  EXPECT_EQ(rows_where(folder_ / "out/runs.csv", {{"status", "diverged"}}).size(), 2u);
}

/// Accuracies of a replica in the order of its tests.
std::map<std::string, std::vector<std::pair<int, double>>> accuracies(const fs::path& metrics) {
  std::map<std::string, std::vector<std::pair<int, double>>> all;
  for (const Row& row : table(metrics).rows)
    if (row.at("metric") == "accuracy")
      all[row.at("replica")].emplace_back(std::stoi(row.at("at")), std::stod(row.at("value")));
  return all;
}

/// The first test at which a replica is to stop; -1: none.
using Rule = std::function<int(const std::vector<std::pair<int, double>>&)>;

/// At the first test that is not better than the best before it by half a percent.
int papers_stop(const std::vector<std::pair<int, double>>& tests) {
  double best = tests.front().second;
  for (std::size_t i = 1; i < tests.size(); ++i) {
    if (tests[i].second < best + 0.005) return tests[i].first;
    best = std::max(best, tests[i].second);
  }
  return -1;
}

/// At the second test in a row that is worse than the best before it.
int authors_stop(const std::vector<std::pair<int, double>>& tests) {
  const auto worse = [&tests](std::size_t i) {
    double best = -1;
    for (std::size_t j = 0; j < i; ++j) best = std::max(best, tests[j].second);
    return tests[i].second < best;
  };
  for (std::size_t i = 2; i < tests.size(); ++i)
    if (worse(i) && worse(i - 1)) return tests[i].first;
  return -1;
}

TEST_F(CommandRun, StoppingRules) {
  const int steps = 3000;
  const Json json =
      experiment({{"replicas", 8}, {"learning", {{"steps", steps}}}, {"test", {{"every", 50}}}});
  results(json, "never");
  const auto whole = accuracies(folder_ / "never/metrics.csv");
  for (const auto& [name, rule] :
       std::vector<std::pair<std::string, Rule>>{{"paper", papers_stop}, {"authors", authors_stop}}) {
    SCOPED_TRACE(name);
    results(json, name, {"--set", "test.stop=" + name});
    const auto stopped = accuracies(folder_ / name / "metrics.csv");
    std::set<int> different;
    for (const Row& row : table(folder_ / name / "runs.csv").rows) {
      const auto& tests = stopped.at(row.at("replica"));
      const auto& all = whole.at(row.at("replica"));
      ASSERT_LE(tests.size(), all.size());
      EXPECT_TRUE(std::equal(tests.begin(), tests.end(), all.begin())) << "stopping changed what went before";
      const int at = rule(all);
      const bool early = at >= 0 && at < steps;
      EXPECT_EQ(row.at("status"), early ? "stopped" : "done") << "replica " << row.at("replica");
      EXPECT_EQ(row.at("progress"), std::to_string(early ? at : steps));
      EXPECT_EQ(tests.back().first, early ? at : steps);
      different.insert(tests.back().first);
    }
    EXPECT_GT(different.size(), 2u) << "replicas should stop at different tests";
    EXPECT_LT(*different.begin(), steps);
  }
}

// ---- Folders that cannot be written ----

TEST_F(CommandRun, AFolderThatCannotBeMade) {
  put(experiment());
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", "/proc/innate"})), kFailed,
                    {"/proc/innate", "cannot create the folder"}));
  EXPECT_TRUE(
      ended(run(innate_run({"experiment.json", "--out", std::string(300, 'x')})), kFailed, {"xxx", "name"}));
}

// ---- Pictures ----

TEST_F(CommandRun, PlotOfSeveralFolders) {
  if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  results(experiment({{"sweep", {{"genome.genes", {1, 2}}}}}), "gem");
  results(experiment({{"name", "spatial"}, {"genome", {{"type", "spatial_gem"}}}}), "spatial");
  const auto before = snapshot(folder_ / "gem");
  pictures_ = true;
  const Ending ending = run(innate({"plot", "gem", "spatial", "--out", "both"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_EQ(ending.out, "both.svg\nboth.png\n");
  expect_pictures(folder_ / "both");
  EXPECT_TRUE(says(read(folder_ / "both.svg"), {"spatial", "bands"}));
  EXPECT_EQ(snapshot(folder_ / "gem"), before);
  EXPECT_TRUE(ended(run(innate({"plot", "gem"})), kDone));
  expect_pictures(folder_ / "gem/curve");
}

TEST_F(CommandRun, PlotOfNothing) {
  fs::create_directories(folder_ / "empty");
  write(folder_ / "broken/runs.csv", "variant,replica\nx\n");
  EXPECT_TRUE(ended(run(innate({"plot", "nowhere"})), kFailed, {"nowhere"}));
  EXPECT_TRUE(ended(run(innate({"plot", "empty"})), kFailed, {"empty", "experiment.json"}));
  EXPECT_TRUE(ended(run(innate({"plot", "broken"})), kFailed, {"broken"}));
  results(experiment(), "good");
  EXPECT_TRUE(ended(run(innate({"plot", "good", "empty", "--out", "both"})), kFailed, {"empty"}));
  EXPECT_TRUE(ended(run(innate({"plot", "good"})), kFailed, {"gnuplot", "No such file"}));
  EXPECT_FALSE(fs::exists(folder_ / "both.svg"));
}

TEST_F(CommandRun, PlotIntoAFolderThatIsNotThere) {
  if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  results(experiment(), "good");
  pictures_ = true;
  EXPECT_TRUE(ended(run(innate({"plot", "good", "--out", "nowhere/curve"})), kFailed,
                    {"nowhere/curve.svg", "does not exist"}));
}

// ---- The experiments that come with the program ----

/// Every number of steps, also of variants and sweeps, becomes `steps`.
void shorten(Json* json, int steps) {
  if (!json->is_structured()) return;
  for (auto& [key, value] : json->items()) {
    const std::string last = key.substr(key.rfind('.') + 1);
    if (json->is_object() && last == "steps" && value.is_number()) value = steps;
    if (json->is_object() && last == "epochs" && value.is_number()) value = 1;
    shorten(&value, steps);
  }
}

TEST_F(CommandRun, EveryExperimentOfTheProjectRuns) {
  for (const char* name : {"tiny", "other"})
    write_tiny_data(data_ / name, {.train = 600, .test = 520, .height = 20, .width = 20, .classes = 10});
  std::set<fs::path> files;  // in this order those come first that others start from
  for (const auto& entry : fs::directory_iterator(INNATE_EXPERIMENTS))
    if (entry.path().extension() == ".json") files.insert(entry.path());
  for (const fs::path& file : files) {
    SCOPED_TRACE(file);
    std::string text = read(file);  // a sweep may name sets, and comes after --set
    for (const auto& [set, small] : {std::pair("\"mnist\"", "\"tiny\""), {"\"fashion-mnist\"", "\"other\""}})
      text = std::regex_replace(text, std::regex(set), small);
    Json json = Json::parse(text, nullptr, true, true);
    EXPECT_EQ(json.at("name"), file.stem().string());
    shorten(&json, 3);
    const std::string name = put(json, file.filename().string());
    const char* tests = json.value("test", Json::object()).contains("at") ? "test.at.log=2" : "test.every=2";
    const Ending ending =
        run(innate_run({name, "--set", "task.data=tiny", "--set", "replicas=1", "--set", tests}));
    EXPECT_TRUE(ended(ending, kDone));
    EXPECT_TRUE(says(ending.out, {"results  results/" + file.stem().string()}));
    const Rows runs = table(folder_ / "results" / file.stem() / "runs.csv");
    EXPECT_FALSE(runs.rows.empty());
    for (const Row& row : runs.rows) EXPECT_NE(row.at("status"), "diverged");
  }
  EXPECT_FALSE(files.empty());
}

}  // namespace
}  // namespace innate::test
