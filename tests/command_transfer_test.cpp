// Runs that start from what another results folder has learned: `genome.from`.
#include <gtest/gtest.h>
#include <innate/engine/json.h>

#include <csignal>
#include <string>

#include "host/command/stored_runs.h"
#include "tests/support/command.h"
#include "tests/support/genomes.h"

namespace innate::test {
namespace {

using engine::array_of;
using engine::Draw;
using engine::Layout;

class CommandTransfer : public Command {
 protected:
  /// Two layers that share what is learned: the source of the others.
  static Json source(const Json& changes = Json::object()) {
    Json json = experiment(Json::parse(R"({
      "network": { "layers": [ { "type": "dense", "units": 8, "activation": "relu", "bias": "frozen" },
                               { "type": "dense", "units": 3 } ] },
      "genome": { "type": "spatial_gem", "genes": 4, "output": "learned" } })"));
    json.merge_patch(changes);
    return json;
  }
  /// The same with another seed, and only its outputs learned.
  static Json transfer(const Json& genome = Json::object()) {
    Json json = source(Json::parse(R"({ "name": "transfer", "seed": 70, "genome": {
      "from": { "folder": "source" }, "learns": ["output_identity"] } })"));
    json["genome"].merge_patch(genome);
    return json;
  }
  Layout layout_of(const host::StoredRuns& runs, std::size_t run) const {
    return engine::genome_from_json(runs.spec(run).at("genome"))->layout(runs.network(run));
  }
  std::vector<float> stored(const std::string& out, std::size_t run, const std::string& array) const {
    const host::StoredRuns runs(folder_ / out);
    return array_of(layout_of(runs, run), runs.numbers(run), array);
  }
  /// What `innate run` says where it refuses.
  std::string refused(const Json& json) const {
    const Ending ending = run(innate_run({put(json, "refused.json"), "--out", "refused"}));
    EXPECT_EQ(ending.status, kBadUsage) << ending.out << ending.err;
    EXPECT_FALSE(fs::exists(folder_ / "refused"));
    return ending.err;
  }
  void expect_refused(const Json& json, const Words& parts) const { EXPECT_TRUE(says(refused(json), parts)); }
};

TEST_F(CommandTransfer, WhatIsFrozenStaysAndTheRestIsLearned) {
  results(source(), "source");
  results(transfer(), "out");
  const Rows before = table(folder_ / "source/runs.csv"), after = table(folder_ / "out/runs.csv"),
             metrics = table(folder_ / "out/metrics.csv");
  for (std::size_t run = 0; run < 2; ++run) {
    for (const char* name : {"places", "places_1", "interaction", "bias"})
      EXPECT_EQ(stored("out", run, name), stored("source", run, name)) << name;
    EXPECT_NE(stored("out", run, "output_identity"), stored("source", run, "output_identity"));
    const host::StoredRuns from(folder_ / "source"), runs(folder_ / "out");
    EXPECT_EQ(runs.numbers(run).scales, from.numbers(run).scales);
    EXPECT_EQ(after.rows[run].at("genome_parameters"), "12");
  }
  EXPECT_EQ(metrics.rows.front().at("at"), "0");
  EXPECT_EQ(metrics.rows.front().at("value"), before.rows.front().at("final_accuracy"))
      << "the first test, on the same data, is the last one again";
}

TEST_F(CommandTransfer, ItsFolderHoldsAllThatTestsAndExportsNeed) {
  results(source(), "source");
  results(transfer(), "out");
  fs::remove_all(folder_ / "source");
  ASSERT_TRUE(ended(run(innate({"test", "out", "--device", "cpu", "--out", "tested.csv"})), kDone));
  const Rows tested = table(folder_ / "tested.csv"), runs = table(folder_ / "out/runs.csv");
  for (std::size_t run = 0; run < 2; ++run) {
    EXPECT_EQ(tested.rows[run].at("accuracy"), runs.rows[run].at("final_accuracy"));
    EXPECT_EQ(tested.rows[run].at("loss"), runs.rows[run].at("final_loss"));
  }
  EXPECT_TRUE(ended(run(innate({"export", "out"})), kDone));
}

TEST_F(CommandTransfer, WhatIsDrawnIsTheReplicasOwn) {
  results(source(), "source");
  results(transfer({{"learns", {"interaction"}}, {"drawn", {"output_identity"}}}), "out");
  const host::StoredRuns runs(folder_ / "out");
  const auto genome = engine::genome_from_json(runs.spec(1).at("genome"));
  EXPECT_EQ(stored("out", 1, "output_identity"),
            array_of(layout_of(runs, 1), genome->draw(runs.network(1), 71), "output_identity"));
  EXPECT_NE(stored("out", 1, "output_identity"), stored("source", 1, "output_identity"));
  EXPECT_EQ(stored("out", 1, "places"), stored("source", 1, "places"));
}

TEST_F(CommandTransfer, PointsAreFoundByTheirSweptValues) {
  Json swept = source();
  swept["variants"] = Json::parse(R"([ { "name": "a", "sweep": { "genome.genes": [2, 4] } },
      { "name": "b", "sweep": { "genome.genes": [2, 4], "learning.optimizer.rate": [0.01, 0.02] } } ])");
  results(swept, "source");
  Json json = transfer({{"from", {{"variant", "a"}}}});
  json["sweep"] = {{"genome.genes", {4, 2}}};
  results(json, "out");
  EXPECT_EQ(stored("out", 0, "places"), stored("source", 2, "places"));
  EXPECT_EQ(stored("out", 3, "places"), stored("source", 1, "places"));
  json = transfer({{"from", {{"point", {{"learning.optimizer.rate", 0.02}}}, {"replica", 1}}}});
  results(json, "other");  // genes 4, of b
  for (const std::size_t run : {0u, 1u})
    EXPECT_EQ(stored("other", run, "places"), stored("source", 11, "places"));

  expect_refused(transfer(), {"genome.from: 2 points of ", "source have the swept values of transfer",
                              "a, genome.genes = 4; b, genome.genes = 4, learning.optimizer.rate = 0.01"});
  json = transfer({{"genes", 3}, {"from", {{"variant", "a"}}}});
  expect_refused(json, {"genome.from: no points of ", "a, genome.genes = 2; a, genome.genes = 4"});
  json["genome"]["from"]["variant"] = "c";
  expect_refused(json, {"genome.from.variant: ", "has no variant 'c'; it has 'a', 'b'"});
  json["genome"]["from"] = {{"folder", "source"}, {"point", {{"genome.genes", 5}}}};
  expect_refused(json, {"genome.from.point: no point of ", "{\"genome.genes\":5}", "a, genome.genes = 2"});
  json["genome"]["from"] = {{"folder", "source"}, {"variant", "a"}, {"point", {{"genome.genes", 4}}}};
  expect_refused(json, {"genome.from: ", "source, a, genome.genes = 4, replica 0: ",
                        "the array \"output_identity\" is 3 x 4, and 3 x 3 here"});
}

TEST_F(CommandTransfer, WhatIsNotThereIsRefused) {
  results(source(), "source");
  Json json = transfer();
  json["replicas"] = 3;
  expect_refused(json, {"genome.from.replica: ", "source has 2 replicas of bands, 0 to 1", "replica 2"});
  expect_refused(transfer({{"from", {{"folder", "nowhere"}}}}),
                 {"genome.from.folder: nowhere: there is no such folder", "working directory"});
  fs::create_directory(folder_ / "empty");
  expect_refused(transfer({{"from", {{"folder", "empty"}}}}),
                 {"genome.from.folder: ", "empty: is no results folder"});
  expect_refused(transfer({{"drawn", {"interactoin"}}}),
                 {"genome.drawn[0]: 'interactoin' is no array", "did you mean \"interaction\"?"});
  expect_refused(transfer({{"learns", {"bias"}}}), {"genome.learns[0]: \"bias\" is no array"});
  Json basis = source({{"genome", nullptr}});
  basis["genome"] = {{"type", "random_basis"}, {"vectors", 3}};
  results(basis, "bases");
  basis["seed"] = 8;
  basis["genome"]["from"] = {{"folder", "bases"}};
  expect_refused(basis, {"genome.from: ", "the basis follows from the seed, which is 7 there and 8 here"});
}

/// The experiment file's folder comes before the working directory.
TEST_F(CommandTransfer, FoldersAreFoundFromTheExperimentFile) {
  results(source(), "near/source");
  results(source({{"seed", 9}}), "source");
  results(transfer(), "near/out");
  EXPECT_EQ(stored("near/out", 0, "places"), stored("near/source", 0, "places"));
  results(transfer(), "out");
  EXPECT_EQ(stored("out", 0, "places"), stored("source", 0, "places"));
}

TEST_F(CommandTransfer, KilledItGoesOnWithTheSameBits) {
  results(source(), "source");
  Json json = transfer();
  json["learning"]["steps"] = 20000;
  const auto expected = results(json, "undisturbed");
  for (int attempt = 0; attempt < 20; ++attempt) {
    fs::remove_all(folder_ / "out");
    Process process(innate_run({put(json), "--out", "out"}));
    while (!fs::exists(folder_ / "out/checkpoint/state") && !process.ends_within(0.001)) {
    }
    process.send(SIGKILL);
    if (process.wait().signal == SIGKILL) break;
  }
  ASSERT_TRUE(fs::exists(folder_ / "out/checkpoint/state"));
  EXPECT_TRUE(ended(run(innate_run({put(json), "--out", "out", "--resume"})), kDone));
  EXPECT_EQ(tables(folder_ / "out"), expected);
}

TEST_F(CommandTransfer, AFolderThatHasChangedIsNoticed) {
  results(source(), "source");
  Json json = transfer();
  json["replicas"] = 1;
  results(json, "out");
  EXPECT_EQ(Json::parse(read(folder_ / "out/provenance.json")).at("from").size(), 1u);
  json["replicas"] = 2;
  const auto both = results(json, "straight");
  fs::copy(folder_ / "out", folder_ / "extended", fs::copy_options::recursive);
  EXPECT_EQ(results(json, "extended", {"--resume"}), both);
  fs::remove_all(folder_ / "source");
  results(source({{"learning", {{"steps", 61}}}}), "source");
  const auto there = snapshot(folder_ / "out");
  EXPECT_TRUE(ended(run(innate_run({put(json), "--out", "out", "--resume"})), kFailed,
                    {"out/genomes.bin: transfer, replica 0 started from other numbers", "SHA-256"}));
  EXPECT_EQ(tables(folder_ / "out").size(), 5u);
  EXPECT_EQ(snapshot(folder_ / "out").at("genomes.bin"), there.at("genomes.bin"));
}

}  // namespace
}  // namespace innate::test
