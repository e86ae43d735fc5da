// `innate` on networks with layers of fields: run, killed and gone on with, tested, exported, drawn.
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "tests/support/command.h"

namespace innate::test {
namespace {

class CommandFields : public Command {
 protected:
  /// A genome's fields, fields without one, and a convolution, on standardised images.
  static Json three_kinds(int steps = 60) {
    Json json = experiment({{"learning", {{"steps", steps}}}});
    json["task"]["scale"] = "per_channel";
    json["network"] = Json::parse(R"({ "layers": [
      { "type": "fields", "channels": 2, "size": 3, "padding": 1, "activation": "tanh", "bias": "per_channel" },
      { "type": "pool", "size": 2 },
      { "type": "fields", "channels": 3, "size": 2, "activation": "relu", "bias": "learned" },
      { "type": "dense", "units": 4, "activation": "tanh" },
      { "type": "dropout", "rate": 0.1 },
      { "type": "dense", "units": 3, "bias": "learned" } ] })");
    json["genome"] =
        Json::parse(R"({ "type": "developmental", "genes": 4, "dense": { "type": "gem", "genes": 3 } })");
    json["learning"]["optimizer"]["schedule"] = "cosine";
    json["variants"] = Json::parse(R"([
      { "name": "grown" },
      { "name": "direct", "set": { "genome": { "type": "direct" } } },
      { "name": "convolution", "set": { "genome": { "type": "direct" }, "network": { "layers": [
        { "type": "convolution", "channels": 4, "size": 3, "stride": 2, "bias": "learned", "activation": "relu" },
        { "type": "pool", "kind": "max", "size": 2 },
        { "type": "dense", "units": 3 } ] } } } ])");
    return json;
  }
};

TEST_F(CommandFields, OnItsOwnTestImagesItHasItsFinalAccuracy) {
  results(three_kinds(), "out");
  ASSERT_TRUE(ended(run(innate({"test", "out", "--device", "cpu", "--out", "tested.csv"})), kDone));
  const Rows tested = table(folder_ / "tested.csv"), runs = table(folder_ / "out/runs.csv");
  ASSERT_EQ(tested.rows.size(), 6u);
  for (std::size_t i = 0; i < tested.rows.size(); ++i) {
    SCOPED_TRACE(tested.rows[i].at("variant"));
    EXPECT_EQ(runs.rows[i].at("status"), "done");
    EXPECT_EQ(tested.rows[i].at("accuracy"), runs.rows[i].at("final_accuracy"));
    EXPECT_EQ(tested.rows[i].at("loss"), runs.rows[i].at("final_loss"));
  }
}

/// Other images are standardised as those of the training were.
TEST_F(CommandFields, OtherImagesAreStandardisedAsThoseOfTheTraining) {
  results(three_kinds(), "out");
  tiny::write(folder_ / "images", tiny::images(200, {}, 2));  // the test images
  tiny::write(folder_ / "labels", tiny::labels(200, {}));
  ASSERT_TRUE(ended(
      run(innate({"test", "out", "--device", "cpu", "--data", "images", "labels", "--out", "tested.csv"})),
      kDone));
  const Rows tested = table(folder_ / "tested.csv"), runs = table(folder_ / "out/runs.csv");
  for (std::size_t i = 0; i < tested.rows.size(); ++i)
    EXPECT_EQ(tested.rows[i].at("loss"), runs.rows[i].at("final_loss")) << i;
}

TEST_F(CommandFields, KilledItGoesOn) {
  const Json json = three_kinds(2000);
  put(json);
  const Invocation program = innate_run({"experiment.json", "--out", "undisturbed"});
  Process undisturbed(program);
  const Ending ending = undisturbed.wait();
  ASSERT_TRUE(ended(ending, kDone));
  int killed = 0;
  for (int i = 1; i < 8 && killed < 3; ++i) {
    const std::string out = "out" + std::to_string(i);
    const Invocation again = innate_run({"experiment.json", "--out", out, "--resume"});
    killed += run_and_signal(again, ending.seconds * 0.15 * i, SIGKILL).signal == SIGKILL;
    EXPECT_TRUE(ended(run(again), kDone));
    EXPECT_EQ(tables(folder_ / out), tables(folder_ / "undisturbed")) << i;
  }
  EXPECT_EQ(killed, 3);
}

TEST_F(CommandFields, ThreadsDoNotMatter) {
  EXPECT_EQ(results(three_kinds(), "one", {"--threads", "1"}),
            results(three_kinds(), "two", {"--threads", "2"}));
}

TEST_F(CommandFields, TheyAreExportedAndDrawn) {
  results(three_kinds(), "out");
  ASSERT_TRUE(ended(run(innate({"export", "out"})), kDone));
  EXPECT_EQ(names(folder_ / "out/export").size(), 7u);
  if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  pictures_ = true;
  for (const char* variant : {"grown", "direct", "convolution"})
    for (const char* layer : {"0", "1"}) {
      SCOPED_TRACE(std::string(variant) + ", layer " + layer);
      EXPECT_TRUE(ended(run(innate({"plot", "out", "--what", "weights", "--variant", variant, "--layer",
                                    layer, "--out", "weights"})),
                        kDone));
      EXPECT_TRUE(says(read(folder_ / "weights.svg"), {variant}));
    }
}

TEST_F(CommandFields, ExpressionIsDrawn) {
  results(three_kinds(), "out");
  EXPECT_TRUE(ended(run(innate({"plot", "out", "--what", "expression", "--variant", "direct"})), kBadUsage,
                    {"('direct') has no genes that the neurons which layer 0 sees could express"}));
  if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  pictures_ = true;
  for (const char* layer : {"0", "1", "2"}) {
    EXPECT_TRUE(ended(run(innate({"plot", "out", "--what", "expression", "--variant", "grown", "--layer",
                                  layer, "--out", "seen"})),
                      kDone));
    EXPECT_TRUE(says(read(folder_ / "seen.svg"), {"grown", "expression", std::string("layer ") + layer}));
  }
}

TEST_F(CommandFields, ModularityIsRefused) {
  Json json = three_kinds();
  json["test"]["measures"] = Json::array({"class_distance", "modularity"});
  EXPECT_TRUE(ended(run(innate_run({put(json), "--out", "out"})), kBadUsage,
                    {"test.measures: modularity is measured of networks of dense layers"}));
  json["test"]["measures"] = Json::array({"class_distance"});
  results(json, "out");
  const std::string metrics = read(folder_ / "out/metrics.csv");
  EXPECT_TRUE(says(metrics, {"within_hidden_0", "between_hidden_2", "within_logits"}));
}

}  // namespace
}  // namespace innate::test
