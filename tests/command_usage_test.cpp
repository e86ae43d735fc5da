// The command line: exit statuses, help, devices, bad experiments, data that is missing, damaged or does not
// fit.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "tests/support/command.h"

namespace innate::test {
namespace {

class CommandUsage : public Command {
 protected:
  bool have_cuda() const { return contains(run(innate({"info"})).out, "CUDA 0:"); }

  /// Refused as bad usage or a bad experiment, saying all this; nothing was printed and no folder was made.
  void expect_bad(const Words& arguments, const Words& says) const {
    const Ending ending = run(innate(arguments));
    EXPECT_TRUE(ended(ending, kBadUsage, says));
    EXPECT_EQ(ending.out, "");
    EXPECT_FALSE(fs::exists(folder_ / "results"));
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  }

  /// Refused with status 1 and these words; no folder was made.
  void expect_failure(const Words& arguments, const Words& says) const {
    const Ending ending = run(innate_run(arguments));
    EXPECT_TRUE(ended(ending, kFailed, says));
    EXPECT_FALSE(contains(ending.err, "bad experiment")) << ending.err;
    EXPECT_EQ(ending.out, "");
    EXPECT_FALSE(fs::exists(folder_ / "results"));
  }

  /// The text of a file is a bad experiment.
  void expect_bad_text(const std::string& text, const Words& says) const {
    write(folder_ / "bad.json", text);
    Words all = {"bad experiment: "};
    all.insert(all.end(), says.begin(), says.end());
    expect_bad({"run", "bad.json"}, all);
  }
};

// ---- Help, version, words that are not known ----

TEST_F(CommandUsage, HelpAndVersionOfEveryCommand) {
  for (const Words& command : {Words{}, Words{"run"}, Words{"plot"}, Words{"export"}, Words{"test"},
                               Words{"data"}, Words{"data", "fetch"}, Words{"info"}, Words{"schema"}}) {
    for (const char* flag : {"--help", "-h", "--version"}) {
      SCOPED_TRACE((command.empty() ? "" : command[0]) + " " + flag);
      Words arguments = command;
      arguments.push_back(flag);
      const Ending ending = run(innate(arguments));
      EXPECT_TRUE(ended(ending, kDone));
      EXPECT_EQ(ending.err, "");
      if (std::string(flag) == "--version") {
        ASSERT_EQ(lines(ending.out).size(), 1u) << ending.out;
        EXPECT_EQ(ending.out.rfind("innate ", 0), 0u) << ending.out;
      } else {
        EXPECT_TRUE(says(ending.out, {"Usage: innate", "--help", "--version"}));
      }
    }
  }
}

TEST_F(CommandUsage, HelpNamesEveryOptionOfRun) {
  const Words options = {"EXPERIMENT", "--out",    "--set",      "--data",   "--device",
                         "--threads",  "--memory", "--executor", "--resume", "--verbose"};
  EXPECT_TRUE(says(run(innate({"run", "--help"})).out, options));
  EXPECT_TRUE(says(run(innate({"--help"})).out, {"run ", "plot ", "data ", "info ", "schema "}));
}

TEST_F(CommandUsage, NoArguments) { expect_bad({}, {"a subcommand is required", "innate --help"}); }

TEST_F(CommandUsage, UnknownWords) {
  put(experiment());
  expect_bad({"rum"}, {"rum", "--help"});
  expect_bad({"--fast"}, {"--fast", "--help"});
  expect_bad({"run", "experiment.json", "--fast"}, {"--fast", "--help"});
  expect_bad({"run", "experiment.json", "another.json"}, {"another.json", "--help"});
  expect_bad({"info", "schema"}, {"schema"});
}

TEST_F(CommandUsage, MissingArguments) {
  expect_bad({"run"}, {"EXPERIMENT is required"});
  expect_bad({"plot"}, {"DIR is required"});
  expect_bad({"run", "experiment.json", "--out"}, {"--out"});
}

TEST_F(CommandUsage, Memory) {
  put(experiment());
  for (const char* wrong : {"0", "-1", "G", "1X", "1GB", "much", "inf", "nan", "1e3", "010M"})
    expect_bad({"run", "experiment.json", std::string("--memory=") + wrong}, {"--memory", wrong, "2.5G"});
}

TEST_F(CommandUsage, Threads) {
  put(experiment());
  for (const char* wrong : {"0", "-1", "4097", "many", "1.5", "99999999999999999999", " 3", "3 ", "+3",
                            "0x10", "1e3", "010", "1_000"}) {
    SCOPED_TRACE(wrong);
    expect_bad({"run", "experiment.json", std::string("--threads=") + wrong},
               {"--threads", "'" + std::string(wrong) + "' is not a number from 1 to 4096"});
  }
  expect_bad({"run", "experiment.json", "--threads", ""}, {"--threads", "'' is not a number from 1 to 4096"});
}

TEST_F(CommandUsage, NumbersOfRuns) {
  for (const char* command : {"test", "export", "plot"})
    for (const char* wrong : {"-1", "1.0", "0x0", " 1", "+1", "one", "99999999999999999999"})
      expect_bad({command, "folder", std::string("--run=") + wrong},
                 {"--run", "'" + std::string(wrong) + "' is not the number of a run"});
  expect_bad({"test", "folder", "--run", ""}, {"--run", "'' is not the number of a run"});
}

TEST_F(CommandUsage, ThreadsOfTheEnvironment) {
  const auto threads = [&](const Words& more, const Words& words, const char* variable, const char* value) {
    put(experiment(), "experiment.json");
    Words all = {"run",   "experiment.json",   "--device", "cpu",
                 "--set", "learning.steps=20", "--out",    "of-" + std::string(variable) + value};
    all.insert(all.end(), more.begin(), more.end());
    Invocation program = innate(all);
    program.environment.emplace_back(variable, value);
    EXPECT_TRUE(ended(run(program), kDone, words)) << variable << "=" << value;
  };
  threads({}, {"on CPU, 3 threads"}, "OMP_NUM_THREADS", "3");
  threads({}, {"on CPU, 4 threads"}, "OMP_NUM_THREADS", "4,2");
  threads({"--threads", "2"}, {"on CPU, 2 threads"}, "OMP_NUM_THREADS", "5");
  threads({"--threads", "8"}, {"on CPU, 1 thread,"}, "OMP_THREAD_LIMIT", "1");
}

/// OpenMP binds the main thread to one CPU before the program looks.
TEST_F(CommandUsage, BoundThreadsAreAsManyAsUnboundOnes) {
  const auto device = [&](const char* variable, const char* value) {
    Invocation program = innate({"info"});
    program.environment.emplace_back(variable, value);
    return lines(run(program).out).at(3);
  };
  const std::string unbound = device("OMP_PROC_BIND", "false");
  EXPECT_TRUE(contains(unbound, "CPU, "));
  for (const char* bound : {"true", "close", "spread"}) EXPECT_EQ(device("OMP_PROC_BIND", bound), unbound);
  EXPECT_EQ(device("OMP_PLACES", "threads"), unbound);
  EXPECT_TRUE(contains(device("OMP_PLACES", "{0}"), "CPU, 1 thread,"));
}

TEST_F(CommandUsage, Executor) {
  put(experiment());
  for (const char* wrong : {"fast", "launch", "2", ""}) {
    SCOPED_TRACE(wrong);
    expect_bad({"run", "experiment.json", std::string("--executor=") + wrong}, {"--executor"});
  }
  expect_bad({"run", "experiment.json", "--executor=fusd"}, {"--executor", "fused", "launches", "graph"});
}

TEST_F(CommandUsage, UnknownDevice) {
  put(experiment());
  for (const char* wrong : {"gpu", "CUDA", "cuda:", "cuda:x", "cuda:-1", "cuda:99999999999", "cuda:01",
                            "cuda:+1", "cuda: 1", "cuda:0x1", ""}) {
    SCOPED_TRACE(wrong);
    expect_bad({"run", "experiment.json", "--device", wrong},
               {"--device '" + std::string(wrong) + "' is not known", "auto, cpu, cuda"});
  }
}

TEST_F(CommandUsage, CudaWithoutADevice) {
  if (have_cuda()) GTEST_SKIP() << "this machine has a CUDA device";
  put(experiment());
  expect_bad({"run", "experiment.json", "--device", "cuda"}, {"--device cuda: no CUDA device can be used: "});
  expect_bad({"run", "experiment.json", "--device", "cuda:1"},
             {"--device cuda:1: no CUDA device can be used: "});
  const Ending automatic = run(innate({"run", "experiment.json"}));
  EXPECT_TRUE(ended(automatic, kDone, {"no CUDA device is used: ", "on CPU"}));
}

TEST_F(CommandUsage, CudaDeviceThatIsNotThere) {
  if (!have_cuda()) GTEST_SKIP() << "there is no CUDA device";
  put(experiment());
  expect_bad({"run", "experiment.json", "--device", "cuda:999"}, {"--device cuda:999: there "});
}

/// What does not fit is refused from its sizes alone: in 1 GB of addresses none of it could be made.
TEST_F(CommandUsage, AnEnormousGenomeIsRefusedBeforeAnyOfItIsMade) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "this sanitizer takes more addresses than the test allows";
#endif
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"type": "gem", "genes": 65536})", "GB"},
      {R"({"type": "gem", "genes": 65536, "initial": "authors"})", "GB"},
      {R"({"type": "spatial_gem", "genes": 65536})", "GB"},
      {R"({"type": "random_basis", "vectors": 1048576})", "MB"},
      {R"({"type": "intrinsic_dimension", "dimension": 1048576})", "MB"}};
  put(experiment());
  for (const auto& [genome, unit] : cases) {
    Invocation program =
        innate({"-c", "ulimit -v 1000000 && exec \"$0\" \"$@\"", INNATE_BINARY, "run", "experiment.json",
                "--device", "cpu", "--threads", "2", "--memory", "1M", "--set", "genome=" + genome});
    program.file = "/bin/sh";
    EXPECT_TRUE(
        ended(run(program), kBadUsage, {"one run needs ", unit + " of memory, and 1.0 MB may be used"}))
        << genome;
    EXPECT_FALSE(fs::exists(folder_ / "results"));
  }
}

TEST_F(CommandUsage, ALimitOfAddressesIsALimitOfMemory) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "this sanitizer takes more addresses than the test allows";
#endif
  put(experiment());
  Invocation program =
      innate({"-c", "ulimit -v 1000000 && exec \"$0\" \"$@\"", INNATE_BINARY, "run", "experiment.json",
              "--device", "cpu", "--threads", "1", "--set", "genome.genes=16000"});
  program.file = "/bin/sh";
  EXPECT_TRUE(ended(run(program), kBadUsage, {"GB of memory, and ", " MB may be used"}));
}

// ---- What it prints about itself ----

TEST_F(CommandUsage, InfoNamesBuildDevicesLibrariesAndData) {
  write(folder_ / "more" / "half" / tiny::train_images, "x");
  const Ending ending = run(innate({"info", "--data", "more"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_EQ(ending.err, "");
  EXPECT_TRUE(says(
      ending.out,
      {"innate ", ", build ", "\ndevices\n  CPU, ", "\nlibraries\n  compiler ", "nlohmann_json ", "zlib ",
       "\ndata is looked for in\n  " + (folder_ / "more").string(), data_.string(), "(not there)",
       "\ndata found\n", "  tiny  " + (data_ / "tiny").string() + "\n",
       "  half  " + (folder_ / "more/half").string() + "  incomplete: train-labels-idx1-ubyte is missing"}));
}

TEST_F(CommandUsage, InfoOfAFolderThatIsNotThere) {
  EXPECT_TRUE(ended(run(innate({"info", "--data", "nowhere"})), kFailed, {"nowhere", "--data"}));
}

TEST_F(CommandUsage, SchemaNamesEveryKey) {
  const Ending ending = run(innate({"schema"}));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_EQ(ending.err, "");
  const Words all = lines(ending.out);
  for (const char* key : {"innate", "name", "title", "source", "seed", "replicas", "precision", "task",
                          "network", "genome", "learning", "test", "sweep", "variants", "figure"})
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const std::string& line) {
      return line.rfind(std::string(key).append(": "), 0) == 0;
    })) << key;
  EXPECT_TRUE(
      says(ending.out, {"direct", "gem", "spatial_gem", "adam", "sgd", "stagnation", "paper", "authors"}));
}

TEST_F(CommandUsage, AFullOutputIsAFailure) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  for (const char* command : {"schema", "info"}) {
    Invocation program = innate({command});
    program.output = "/dev/full";
    EXPECT_TRUE(ended(run(program), kFailed, {"No space left on device"}));
  }
}

TEST_F(CommandUsage, ClosedStandardStreams) {
  const auto expected = results(experiment(), "open");
  put(experiment());
  for (const std::vector<int>& closed : {std::vector<int>{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 1, 2}}) {
    Invocation program = innate_run({"experiment.json", "--out", "closed"});
    program.closed_streams = closed;
    EXPECT_TRUE(ended(run(program), kDone));
    EXPECT_EQ(tables(folder_ / "closed"), expected);
    fs::remove_all(folder_ / "closed");
    program = innate({"run", "nowhere.json"});
    program.closed_streams = closed;
    EXPECT_TRUE(ended(run(program), kBadUsage));
  }
}

// ---- Bad experiments ----

TEST_F(CommandUsage, FilesThatAreNoExperiment) {
  fs::create_directories(folder_ / "folder");
  expect_bad({"run", "nowhere.json"}, {"bad experiment: nowhere.json: there is no such file"});
  expect_bad({"run", "folder"}, {"bad experiment: folder: this is a directory"});
  expect_bad({"run", ""}, {"there is no such file"});
  expect_bad_text("", {"bad.json: this file is empty"});
  expect_bad_text("[]", {"an experiment is an object"});
  expect_bad_text("7", {"an experiment is an object"});
  expect_bad_text(std::string("\x1f\x8b\x08\x00\x00", 5),
                  {"bad.json: this is gzip data, not an experiment file"});
  expect_bad_text(std::string(100000, '['), {"bad.json:1:65: ", "nested"});
}

TEST_F(CommandUsage, SyntaxErrorsHaveAPlace) {
  expect_bad_text("{\n  \"innate\": 1,\n  \"name\" \"x\"\n}\n", {"bad.json:3:", "syntax error"});
  expect_bad_text("{ \"innate\": 1, }", {"bad.json:1:16: "});
  expect_bad_text("{ \"innate\": 1 ", {"bad.json:1:1", "syntax error"});
  expect_bad_text("{ \"innate\": 1 }}", {"bad.json:1:16: "});
  expect_bad_text("{\n\"innate\": 01\n}", {"bad.json:2:"});
}

TEST_F(CommandUsage, DuplicateKeys) {
  expect_bad_text("{ \"innate\": 1, \"seed\": 1,\n  \"seed\": 2 }",
                  {"bad.json:2:3: seed: this key is written twice"});
  expect_bad_text("{ \"genome\": { \"genes\": 1, \"genes\": 2 } }",
                  {"genome.genes: this key is written twice"});
}

struct BadChange {
  const char* changes;  // merged into a good experiment
  Words says;
};

TEST_F(CommandUsage, BadValuesNameTheirPath) {
  const std::vector<BadChange> cases = {
      {R"({"innate": 2})", {"innate: ", "version 2", "version 1"}},
      {R"({"innate": null})", {"innate: ", "missing"}},
      {R"({"name": null})", {"name: ", "missing"}},
      {R"({"seed": null})", {"seed: ", "missing"}},
      {R"({"task": null})", {"task", "missing"}},
      {R"({"network": null})", {"network", "missing"}},
      {R"({"genome": {"genes": null}})", {"genome.genes", "missing"}},
      {R"({"learning": {"steps": null}})", {"learning", "steps", "epochs"}},
      {R"({"learning": {"epochs": 3}})", {"learning", "steps", "epochs"}},
      {R"({"replica": 3})", {"replica", "did you mean \"replicas\""}},
      {R"({"genome": {"gene": 3}})", {"genome.gene", "did you mean \"genes\""}},
      {R"({"genome": {"type": "gemm"}})", {"genome.type", "did you mean \"gem\""}},
      {R"({"learning": {"optimizer": {"type": "adams"}}})",
       {"learning.optimizer.type", "did you mean \"adam\""}},
      {R"({"test": {"stop": "author"}})", {"test.stop", "did you mean \"authors\""}},
      {R"({"seed": "1"})", {"seed: ", "an integer"}},
      {R"({"seed": -1})", {"seed: ", "found -1"}},
      {R"({"seed": 1.5})", {"seed: ", "found 1.5"}},
      {R"({"replicas": 0})", {"replicas: ", "found 0", "1 to 100000"}},
      {R"({"replicas": 100001})", {"replicas: ", "found 100001"}},
      {R"({"name": 5})", {"name: "}},
      {R"({"name": "../up"})", {"name: ", "found \"../up\""}},
      {R"({"name": ""})", {"name: "}},
      {R"({"name": ".hidden"})", {"name: ", ".hidden"}},
      {R"({"task": "mnist"})", {"task: "}},
      {R"({"task": {"classes": [1, 1]}})", {"task.classes[1]", "class 1 is listed twice"}},
      {R"({"task": {"classes": [1, 256]}})", {"task.classes"}},
      {R"({"task": {"train_per_class": 0}})", {"task.train_per_class", "found 0"}},
      {R"({"network": {"layers": []}})", {"network.layers: "}},
      {R"({"network": {"layers": [{"type": "dense", "units": 6, "grid": [2, 2]}, {"type": "dense", "units": 3}]}})",
       {"network.layers[0].grid", "2 x 2", "6 units"}},
      {R"({"network": {"layers": [{"type": "dense", "units": 6, "grid": [1, 2, 3]}, {"type": "dense", "units": 3}]}})",
       {"network.layers[0].grid", "rows and columns"}},
      {R"({"network": {"layers": [{"type": "dense", "units": 3, "activation": "relu"}]}})",
       {"network.layers[0].activation", "the last layer"}},
      {R"({"test": {"select": {"from": "train", "images": 100000000}}})",
       {"test.select.images", "some must be left"}},
      {R"({"network": {"layers": [{"type": "dense", "units": 0}]}})", {"network.layers[0].units", "found 0"}},
      {R"({"network": {"layers": [{"type": "dense"}]}})", {"network.layers[0].units", "missing"}},
      {R"({"genome": {"genes": [1, 2]}})", {"genome.genes", "found a list", "only \"sweep\""}},
      {R"({"genome": {"genes": 0}})", {"genome.genes", "found 0"}},
      {R"({"learning": {"optimizer": {"rate": 0}}})", {"learning.optimizer.rate", "found 0"}},
      {R"({"learning": {"optimizer": {"beta1": 2}}})", {"learning.optimizer.beta1", "found 2"}},
      {R"({"learning": {"batch": 0}})", {"learning.batch", "found 0"}},
      {R"({"learning": {"steps": 1e99}})", {"learning.steps"}},
      {R"({"test": {"every": 0}})", {"test.every", "found 0"}},
      {R"({"test": {"images": "some"}})", {"test.images"}},
      {R"({"test": {"at": {"log": 5}}})", {"test: exactly one of every | at", "found every and at"}},
      {R"({"test": {"every": null, "at": {"log": 1}}})", {"test.at.log", "found 1"}},
      {R"({"test": {"measures": ["modularty"]}})", {"test.measures[0]", "did you mean \"modularity\""}},
      {R"({"figure": {"log_x": 1}})", {"figure.log_x"}},
      {R"({"figure": {"normalise": "start"}})", {"figure.normalise", "\"x\": \"at\""}},
      {R"({"figure": {"x": "at", "y": "final_loss"}})", {"figure.y", "a metric as metrics.csv names it"}},
      {R"({"figure": {"marks": [{"x": 1, "y": 2}]}})", {"figure.marks[0].label", "missing"}},
      {R"({"sweep": {"genome.gens": [1]}})", {"sweep", "genome.gens", "did you mean \"genes\""}},
      {R"({"sweep": {"replicas": [1, 2]}})", {"sweep.replicas", "belongs to the whole experiment"}},
      {R"({"sweep": {"genome.genes": 5}})", {"sweep", "genome.genes", "a list of values"}},
      {R"({"sweep": {"genome.genes": []}})", {"sweep", "genome.genes", "empty"}},
      {R"({"sweep": {"genome.genes": [1, 1]}})", {"sweep", "genome.genes", "the same as"}},
      {R"({"sweep": {"genome.genes": [1, "two"]}})", {"sweep", "genome.genes", "two"}},
      {R"({"sweep": {}})", {"sweep: "}},
      {R"({"sweep": [{"genome.genes": 1}, 5]})", {"sweep[1]"}},
      {R"({"variants": [{"name": "a"}, {"name": "a"}]})", {"variants[1].name", "named \"a\" too"}},
      {R"({"variants": [{"set": {}}]})", {"variants[0].name", "missing"}},
      {R"({"variants": [{"name": "a", "set": {"seed": 2}}]})",
       {"variants[0].set.seed", "belongs to the whole experiment"}},
      {R"({"variants": [{"name": "a", "set": {"genome": {"genees": 2}}}]})",
       {"variants[0].set.genome.genees", "did you mean \"genes\""}},
  };
  for (const BadChange& bad : cases) {
    SCOPED_TRACE(bad.changes);
    expect_bad_text(experiment(Json::parse(bad.changes)).dump(), bad.says);
  }
}

TEST_F(CommandUsage, BadSettingsOfTheCommandLine) {
  put(experiment());
  const std::vector<std::pair<const char*, Words>> cases = {
      {"genome.gens=3", {"--set genome.gens", "did you mean \"genes\""}},
      {"genes=3", {"genes"}},
      {"genome.genes=three", {"--set genome.genes", "three"}},
      {"genome.genes=0", {"--set genome.genes", "found 0"}},
      {"genome.genes=[1,2]", {"--set genome.genes", "only \"sweep\""}},
      {"genome.genes", {"--set", "path.to.key=value"}},
      {"=3", {"--set", "a key is empty"}},
      {"genome..genes=3", {"--set", "a key is empty"}},
      {"network.layers[0.units=3", {"--set", "network.layers[0.units"}},
      {"network.layers[4].units=3", {"--set network.layers[4].units"}},
      {"innate=2", {"--set innate", "cannot be set"}},
      {"variants=[]", {"--set variants", "cannot be set"}},
      {"genome={\"type\":", {"--set genome"}},
  };
  for (const auto& [assignment, words] : cases) {
    SCOPED_TRACE(assignment);
    expect_bad({"run", "experiment.json", "--set", assignment}, words);
  }
}

// ---- Experiments that do not fit their data ----

TEST_F(CommandUsage, ExperimentsThatDoNotFitTheirData) {
  put(experiment());
  const std::vector<std::pair<const char*, Words>> cases = {
      {"network.layers[0].units=2", {"network.layers[0].units", "is 2", "3 classes"}},
      {"learning.batch=601", {"learning.batch", "is 601", "600 images"}},
      {"test.images=201", {"test.images", "is 201", "200 images"}},
      {"test.images=4294967301", {"test.images", "is 4294967301"}},
      {"task.classes=[0,3]", {"task.classes", "class 3"}},
      {"task.train_per_class=201", {"task.train_per_class", "200 images", "201"}},
      {"task.train_per_class=4294967297", {"task.train_per_class", "200 images"}},
  };
  for (const auto& [assignment, words] : cases) {
    SCOPED_TRACE(assignment);
    Words all = {"bad experiment: "};
    all.insert(all.end(), words.begin(), words.end());
    expect_bad({"run", "experiment.json", "--device", "cpu", "--set", assignment}, all);
  }
}

TEST_F(CommandUsage, ASecondVariantThatDoesNotFitIsFoundBeforeAnyRuns) {
  put(experiment(
      Json::parse(R"({"variants": [ {"name": "a"}, {"name": "b", "set": {"learning": {"batch": 700}}} ]})")));
  expect_bad({"run", "experiment.json", "--device", "cpu"}, {"learning.batch", "is 700"});
}

TEST_F(CommandUsage, AsLargeAsTheDataFits) {
  put(experiment({{"replicas", 1}}));
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--set", "learning.batch=600", "--set",
                                    "test.images=200", "--set", "learning.steps=2", "--set",
                                    "task.train_per_class=200", "--set", "task.classes=[2,1,0]"})),
                    kDone));
}

// ---- Data that is missing or damaged ----

TEST_F(CommandUsage, UnknownDataSet) {
  put(experiment());
  expect_failure({"experiment.json", "--set", "task.data=tny"},
                 {"No data set 'tny'", "Looked in:", (data_ / "tny").string(), "Did you mean 'tiny'?",
                  "Sets found: ", "--data"});
  expect_failure({"experiment.json", "--set", "task.data=../data/tiny"}, {"../data/tiny", "--data"});
  expect_failure({"experiment.json", "--data", "nowhere"}, {(folder_ / "nowhere").string(), "--data"});
}

TEST_F(CommandUsage, DataOfTheCommandLineComesFirst) {
  fs::rename(data_, folder_ / "elsewhere");
  put(experiment());
  expect_failure({"experiment.json"}, {"No data set 'tiny'"});
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--data", "elsewhere"})), kDone));
  EXPECT_TRUE(ended(run(innate_run({"experiment.json", "--data", "elsewhere/tiny", "--out", "2"})), kDone));
  EXPECT_EQ(tables(folder_ / "results/bands"), tables(folder_ / "2"));
}

TEST_F(CommandUsage, PlainAndCompressedDataAreTheSame) {
  const auto plain = results(experiment(), "plain");
  fs::remove_all(data_);
  write_tiny_data(data_ / "tiny", {.gzip = true});
  EXPECT_EQ(results(experiment(), "compressed"), plain);
}

class CommandDamage : public CommandUsage {
 protected:
  /// Changes one file of a set; the run fails, names the file and says these words.
  void expect_refusal(const char* name, bool gzip, const std::function<void(std::string*)>& damage,
                      const Words& words) {
    SCOPED_TRACE(words.front());
    fs::remove_all(data_);
    write_tiny_data(data_ / "tiny", {.gzip = gzip});
    const fs::path file = data_ / "tiny" / (std::string(name) + (gzip ? ".gz" : ""));
    std::string bytes = read(file);
    damage(&bytes);
    write(file, bytes);
    put(experiment());
    Words all = {file.string() + ": "};
    all.insert(all.end(), words.begin(), words.end());
    expect_failure({"experiment.json"}, all);
  }
};

TEST_F(CommandDamage, CompressedFiles) {
  expect_refusal(tiny::train_images, true, [](std::string* b) { b->resize(b->size() / 2); },
                 {"cut off (truncated)"});
  expect_refusal(tiny::test_labels, true, [](std::string* b) { b->pop_back(); }, {"cut off (truncated)"});
  expect_refusal(tiny::train_images, true, [](std::string* b) { (*b)[b->size() / 2] ^= 16; },
                 {"damaged gzip data"});
  expect_refusal(tiny::train_labels, true, [](std::string* b) { (*b)[b->size() - 6] ^= 1; },
                 {"damaged gzip data"});
  expect_refusal(tiny::test_images, true, [](std::string* b) { b->clear(); }, {"an empty file"});
  expect_refusal(tiny::test_images, true, [](std::string* b) { *b = "<html>not found</html>"; },
                 {"found an HTML page"});
}

TEST_F(CommandDamage, PlainFiles) {
  expect_refusal(tiny::train_images, false, [](std::string* b) { b->resize(1000); },
                 {"bytes after the header", "600 x 9 x 7"});
  expect_refusal(tiny::train_images, false, [](std::string* b) { *b += 'x'; },
                 {"37801 bytes after the header"});
  expect_refusal(tiny::train_images, false, [](std::string* b) { (*b)[3] = 1; },
                 {"the magic number 0x00000801"});
  expect_refusal(tiny::test_labels, false, [](std::string* b) { b->replace(0, 4, "\x1f\x8b\x08\x00", 4); },
                 {"its name should end in .gz"});
  expect_refusal(tiny::train_labels, false, [](std::string* b) { (*b)[7] = 0; }, {"bytes after the header"});
  expect_refusal(tiny::train_labels, false, [](std::string* b) { b->replace(4, 4, 4, '\0'); }, {"extent 0"});
  expect_refusal(tiny::test_images, false, [](std::string* b) { b->resize(7); }, {"7 bytes", "IDX header"});
  expect_refusal(tiny::test_images, false, [](std::string* b) { b->replace(4, 12, 12, '\x7f'); },
                 {"pixels in the header"});
  expect_refusal(tiny::test_images, false, [](std::string* b) { b->replace(4, 4, 4, '\x7f'); },
                 {"bytes after the header"});
}

TEST_F(CommandDamage, FilesThatDoNotBelongTogether) {
  const auto replace = [](const char* name, const tiny::Bytes& bytes) {
    return [name, bytes](std::string* b) { b->assign(bytes.begin(), bytes.end()); };
  };
  expect_refusal(tiny::test_images, false,
                 replace(tiny::test_images, tiny::images(200, {.height = 7, .width = 9}, 2)),
                 {"images of 7 x 9", "9 x 7"});
  expect_refusal(tiny::train_labels, false, replace(tiny::train_labels, tiny::labels(599, {})),
                 {"599 labels", "600"});
}

TEST_F(CommandDamage, FilesThatAreMissing) {
  put(experiment());
  fs::remove(data_ / "tiny" / tiny::test_labels);
  expect_failure({"experiment.json"}, {(data_ / "tiny").string(), "lacks " + std::string(tiny::test_labels)});
  fs::create_directory(data_ / "tiny" / tiny::test_labels);
  expect_failure({"experiment.json"}, {(data_ / "tiny" / tiny::test_labels).string()});
}

}  // namespace
}  // namespace innate::test
