// `innate data` as a user runs it. The contents come from a set that is installed (Debian's Fashion-MNIST).
#include <gtest/gtest.h>

#include <csignal>

#include "host/data/find_sets.h"
#include "tests/support/command.h"
#include "tests/support/http_server.h"

namespace innate::test {
namespace {

const char* const sets[] = {"mnist", "fashion-mnist", "cifar-10"};

class CommandData : public Command {
 protected:
  /// Its files, each as it is published; skips the test where it is not installed.
  void publish(HttpServer* server, const std::string& below, const Serving& how = {}) {
    const auto set = host::find_set("fashion-mnist", host::data_path({}));
    if (!set || set->files[0].extension() != ".gz")
      GTEST_SKIP() << "Fashion-MNIST is not installed (dataset-fashion-mnist)";
    for (const fs::path& file : set->files)
      server->on(below + file.filename().string(), serve(read(file), how));
  }
  Invocation data(const Words& arguments) const {
    Words all = {"data"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Invocation program = innate(all);
    for (const char* proxy : {"http_proxy", "all_proxy", "ALL_PROXY"})
      program.environment.emplace_back(proxy, std::nullopt);
    return program;
  }
  Words fetch(const std::string& url) const {
    return {"fetch", "--mirror", url, "fashion-mnist", "--to", (folder_ / "to").string()};
  }
  fs::path fetched() const { return folder_ / "to/fashion-mnist"; }
};

TEST_F(CommandData, HelpSaysWhatThereIs) {
  EXPECT_TRUE(says(run(data({"--help"})).out, {"Usage: innate data", "list", "fetch", "verify"}));
  EXPECT_TRUE(
      says(run(data({"fetch", "--help"})).out, {"Usage: innate data fetch", "NAME", "--to", "--mirror"}));
  EXPECT_TRUE(says(run(data({"verify", "--help"})).out, {"Usage: innate data verify", "NAME", "--data"}));
  EXPECT_TRUE(ended(run(data({"list", "--version"})), kDone));
  EXPECT_TRUE(ended(run(data({})), kBadUsage, {"subcommand"}));
  EXPECT_TRUE(ended(run(data({"find"})), kBadUsage));
}

TEST_F(CommandData, ListNamesEverySetAndItsHomes) {
  const Ending ending = run(data({"list"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_TRUE(says(ending.out, {"https://storage.googleapis.com/cvdf-datasets/mnist/",
                                "https://www.cs.toronto.edu/~kriz/", "dataset-fashion-mnist",
                                "innate data fetch mnist", "184.4 MB", "other sets here", "tiny"}));
  for (const char* set : sets) EXPECT_TRUE(says(ending.out, {set}));
  const Ending one = run(data({"list", "cifar-10"}));
  EXPECT_TRUE(says(one.out, {"cifar-10", "not here: innate data fetch cifar-10"}));
  EXPECT_FALSE(contains(one.out, "tiny"));
  EXPECT_TRUE(ended(run(data({"list", "minst"})), kBadUsage, {"'minst'", "mnist, fashion-mnist, cifar-10"}));
}

TEST_F(CommandData, VerifySaysWhichSetIsWrong) {
  const Ending right = run(data({"verify", "tiny"}));
  EXPECT_TRUE(ended(right, kDone));
  EXPECT_TRUE(says(right.out, {"tiny  OK  600 + 200 images of 9 x 7, 3 classes", "no published set"}));
  write_tiny_data(data_ / "mnist");
  const Ending wrong = run(data({"verify"}));
  EXPECT_TRUE(ended(wrong, kFailed));
  EXPECT_TRUE(
      says(wrong.out, {"tiny  OK", "mnist  WRONG  ", (data_ / "mnist/train-images-idx3-ubyte").string(),
                       "as published for mnist"}));
  EXPECT_TRUE(ended(run(data({"verify", "cifar-10"})), kFailed,
                    {"No data set 'cifar-10'", "innate data fetch cifar-10"}));
  fs::resize_file(data_ / "tiny/t10k-labels-idx1-ubyte", 20);
  EXPECT_TRUE(says(run(data({"verify", "tiny"})).out, {"tiny  WRONG", "t10k-labels-idx1-ubyte", "12 bytes"}));
}

TEST_F(CommandData, WhatIsOddIsSaid) {
  const fs::path set = data_ / "emnist-tiny";
  write_tiny_data(set, {.train = 20, .test = 10});
  for (const auto& [name, count] : {std::pair(tiny::train_labels, 20), std::pair(tiny::test_labels, 10)}) {
    tiny::Bytes labels = tiny::labels(count, {});
    for (std::size_t i = 8; i < labels.size(); ++i) ++labels[i];
    tiny::write(set / name, labels);
  }
  const std::string from_1 = "emnist-tiny train (" + (set / tiny::train_labels).string() +
                             "): no image has label 0 (labels go from 1 to 3)";
  EXPECT_TRUE(says(run(data({"verify", "emnist-tiny"})).out, {"emnist-tiny  OK", from_1}));
  Json json = experiment(
      {{"task", {{"data", "emnist-tiny"}}}, {"network", {{"layers", {{{"type", "dense"}, {"units", 4}}}}}}});
  json["variants"] = {
      {{"name", "all"}},
      {{"name", "two"}, {"set", {{"task", {{"classes", {1, 2}}}}, {"learning", {{"batch", 4}}}}}}};
  put(json);
  const Ending ending = run(innate_run({"experiment.json"}));
  ASSERT_TRUE(ended(ending, kDone, {"innate: " + from_1, "\"classes\": [1, 2, 3]", "\"transpose\": true"}));
  EXPECT_EQ(ending.err.find("\"transpose\""), ending.err.rfind("\"transpose\"")) << "once for both variants";
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--out", "few", "--set", "task.train_per_class=5"})),
                    kBadUsage,
                    {"task.train_per_class", "found no image of class 0", "\"classes\": [1, 2, 3]"}));
  const Ending upright = run(innate_run(
      {"experiment.json", "--out", "up", "--set", "task.transpose=true", "--set", "task.classes=[1,2,3]"}));
  ASSERT_TRUE(ended(upright, kDone));
  EXPECT_FALSE(contains(upright.err, "innate:")) << upright.err;
}

TEST_F(CommandData, FetchThenUse) {
  HttpServer server;
  publish(&server, "/fashion-mnist/");
  if (IsSkipped()) return;
  const Ending ending = run(data(fetch(server.url())));
  EXPECT_TRUE(
      ended(ending, kDone, {"fetching " + server.url() + "fashion-mnist/train-images-idx3-ubyte.gz", "404"}));
  EXPECT_TRUE(says(ending.out, {"fashion-mnist  fetched  ", fetched().string()}));
  EXPECT_EQ(names(fetched()).size(), 4u);
  const Ending verified = run(data({"verify", "fashion-mnist", "--data", (folder_ / "to").string()}));
  EXPECT_TRUE(ended(verified, kDone));
  EXPECT_TRUE(says(verified.out,
                   {"OK  60000 + 10000 images of 28 x 28, 10 classes, as published", fetched().string()}));
  EXPECT_TRUE(says(run(data(fetch(server.url()))).out, {"was there already"}));
}

TEST_F(CommandData, FetchGoesToTheUsersFolder) {
  HttpServer server;
  publish(&server, "/");
  if (IsSkipped()) return;
  EXPECT_TRUE(ended(run(data({"fetch", "fashion-mnist", "--mirror", server.url()})), kDone));
  EXPECT_TRUE(says(run(data({"list", "fashion-mnist"})).out,
                   {"here: " + (folder_ / "home/.local/share/innate/fashion-mnist").string()}));
}

TEST_F(CommandData, AnInterruptedFetchGoesOn) {
  HttpServer slow;
  publish(&slow, "/", {.at_most = 300000, .then_wait = 1200});
  if (IsSkipped()) return;
  const fs::path part = fetched() / "train-images-idx3-ubyte.gz.part";
  Process process(data(fetch(slow.url())));
  while ((!fs::exists(part) || fs::file_size(part) < 300000) && !process.ends_within(0.01)) {
  }
  process.send(SIGINT);
  EXPECT_TRUE(ended(process.wait(), kInterrupted, {"interrupted", "the same command goes on"}));
  EXPECT_EQ(fs::file_size(part), 300000u);
  HttpServer server;
  publish(&server, "/");
  const Ending ending = run(data(fetch(server.url())));
  EXPECT_TRUE(ended(ending, kDone, {"from byte 300000 on"}));
  EXPECT_EQ(server.requests()[0].from, 300000);
  EXPECT_FALSE(fs::exists(part));
}

TEST_F(CommandData, WhatCannotBeFetchedIsSaid) {
  Words bad = fetch("ftp://127.0.0.1/");
  EXPECT_TRUE(ended(run(data(bad)), kBadUsage, {"ftp://127.0.0.1/", "http://"}));
  EXPECT_TRUE(ended(run(data({"fetch", "minst"})), kBadUsage, {"'minst'", "mnist"}));
  EXPECT_TRUE(ended(run(data({"verify", "minst"})), kBadUsage, {"'minst'", "Sets found: "}));
  Invocation homeless = data({"fetch", "mnist"});
  homeless.environment.emplace_back("HOME", std::nullopt);
  EXPECT_TRUE(ended(run(homeless), kFailed, {"--to"}));
}

TEST_F(CommandData, AnExperimentSaysHowToGetItsSet) {
  put(experiment({{"task", {{"data", "mnist"}}}}));
  EXPECT_TRUE(ended(run(innate_run({"experiment.json"})), kFailed,
                    {"No data set 'mnist'", "innate data fetch mnist"}));
}

}  // namespace
}  // namespace innate::test
