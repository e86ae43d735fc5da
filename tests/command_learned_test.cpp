// What was learned, after the run: `innate export`, `innate test`, pictures of weights and of genes.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <string>

#include "tests/support/command.h"

namespace innate::test {
namespace {

class CommandLearned : public Command {
 protected:
  /// Every kind of genome, two replicas each, one of which diverges. Runs 0 to 9.
  static Json all_kinds() {
    Json json = experiment();
    json["variants"] = Json::parse(R"([
      { "name": "places", "set": { "genome": { "type": "spatial_gem" } }, "sweep": { "genome.genes": [2, 5] } },
      { "name": "gem, learned", "set": { "genome": { "output": "learned" }, "network": { "layers": [ { "type": "dense", "units": 3, "bias": "learned" } ] } } },
      { "name": "direct", "set": { "genome": { "type": "direct" }, "network": { "layers": [ { "type": "dense", "units": 4, "bias": "frozen" } ] } } },
      { "name": "wild", "set": { "learning": { "optimizer": { "rate": 1e30 } } } } ])");
    return json;
  }

  Ending innate_test(const Words& more) const {
    Words all = {"test", "out", "--device", "cpu"};
    all.insert(all.end(), more.begin(), more.end());
    return run(innate(all));
  }

  std::string idx(const std::string& name, const tiny::Bytes& bytes) const {
    tiny::write(folder_ / name, bytes);
    return name;
  }
};

// ---- What the folder keeps ----

TEST_F(CommandLearned, PathsOfGenes) {
  results(all_kinds(), "out");
  const Rows genes = table(folder_ / "out/genes.csv");
  EXPECT_EQ(genes.columns,
            (Words{"variant", "genome.genes", "at", "channel", "gene", "row", "column", "width"}));
  ASSERT_EQ(genes.rows.size(), 4u * (2 + 5));  // tests at 0, 20, 40, 60, of replica 0 alone
  std::set<std::string> moved;
  for (std::size_t i = 0; i < genes.rows.size(); ++i) {
    const auto& row = genes.rows[i];
    EXPECT_EQ(row.at("variant"), "places");
    EXPECT_EQ(row.at("genome.genes"), i < 8 ? "2" : "5");
    EXPECT_EQ(row.at("channel"), "0");
    for (const char* column : {"row", "column"}) EXPECT_LT(std::abs(std::stod(row.at(column))), 1);
    EXPECT_GT(std::stod(row.at("width")), 0);
    if (row.at("gene") == "0") moved.insert(row.at("row"));
  }
  EXPECT_EQ(genes.rows[2].at("at"), "20");
  EXPECT_EQ(moved.size(), 7u) << "4 places of each point's first gene; of one seed both begin at the same";
  results(experiment(), "gem");
  EXPECT_FALSE(fs::exists(folder_ / "gem/genes.csv")) << "no genome has places";
}

// ---- innate test ----

TEST_F(CommandLearned, OnItsOwnTestImagesItHasItsFinalAccuracy) {
  results(all_kinds(), "out");
  const Ending ending = innate_test({"--out", "tested.csv"});
  ASSERT_TRUE(ended(ending, kDone, {"tiny test: 200 images of 9 x 7"}));
  EXPECT_TRUE(says(ending.out, {"accuracy_mean", "accuracy_sd", "gem, learned", "diverged"}));
  const Rows tested = table(folder_ / "tested.csv"), runs = table(folder_ / "out/runs.csv");
  ASSERT_EQ(tested.rows.size(), 10u);
  int done = 0;
  for (std::size_t i = 0; i < tested.rows.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(tested.rows[i].at("run"), std::to_string(i));
    for (const char* column : {"variant", "genome.genes", "replica", "seed", "status"})
      EXPECT_EQ(tested.rows[i].at(column), runs.rows[i].at(column));
    EXPECT_EQ(tested.rows[i].at("accuracy"), runs.rows[i].at("final_accuracy"));
    if (runs.rows[i].at("status") == "done") {
      ++done;
      EXPECT_EQ(tested.rows[i].at("loss"), runs.rows[i].at("final_loss"));
    }
    EXPECT_EQ(tested.rows[i].at("images"), "200");
  }
  EXPECT_EQ(runs.rows[9].at("status"), "diverged");
  EXPECT_EQ(done, 8);
}

TEST_F(CommandLearned, AnyPairOfIdxFilesWillDo) {
  results(all_kinds(), "out");
  TinyData data;
  const std::string images = idx("images", tiny::images(77, data, 5)),
                    labels = idx("labels", tiny::labels(77, data));
  tiny::write_gzip(folder_ / "images.gz", tiny::images(77, data, 5));
  for (const Words& pair : {Words{"images", "labels"}, Words{"images.gz", "labels"}}) {
    Words arguments = {"--data"};
    arguments.insert(arguments.end(), pair.begin(), pair.end());
    arguments.insert(arguments.end(), {"--out", "pair.csv"});
    ASSERT_TRUE(ended(innate_test(arguments), kDone, {pair[0] + ": 77 images of 9 x 7"}));
    EXPECT_EQ(table(folder_ / "pair.csv").rows[0].at("images"), "77");
  }
  // The set's own test files, as a pair, before the folder: as good as its name.
  const fs::path own = data_ / "tiny";
  ASSERT_TRUE(ended(run(innate({"test", "--data", (own / tiny::test_images).string(),
                                (own / tiny::test_labels).string(), "--out", "own.csv", "out"})),
                    kDone));
  EXPECT_EQ(table(folder_ / "own.csv").rows[4].at("accuracy"),
            table(folder_ / "out/runs.csv").rows[4].at("final_accuracy"));
}

TEST_F(CommandLearned, AFolderMayHoldTheSetOrBeIt) {
  results(experiment(), "out");
  TinyData other;
  other.test = 50;
  write_tiny_data(folder_ / "elsewhere/tiny", other);
  other.test = 60;
  write_tiny_data(folder_ / "elsewhere/letters", other);
  other.test = 70;
  write_tiny_data(folder_ / "half", other);
  for (const char* file : {tiny::train_images, tiny::train_labels}) fs::remove(folder_ / "half" / file);
  const auto expect_images = [&](const Words& arguments, const std::string& count) {
    EXPECT_TRUE(ended(innate_test(arguments), kDone, {count + " images of 9 x 7"}));
  };
  expect_images({}, "200");
  expect_images({"--data", "elsewhere"}, "50");
  expect_images({"--data", "elsewhere/tiny/"}, "50");
  expect_images({"--data", "elsewhere/letters"}, "60");
  expect_images({"--data", "elsewhere", "--on", "letters"}, "60");
  expect_images({"--data", "half"}, "70");  // test images alone
}

TEST_F(CommandLearned, SomeClassesOfASetStaySome) {
  results(experiment({{"task", {{"classes", {2, 0}}}}}), "out");
  const Ending ending = innate_test({"--out", "tested.csv"});
  ASSERT_TRUE(ended(ending, kDone, {"tiny test: 133 images"}));
  EXPECT_EQ(table(folder_ / "tested.csv").rows[1].at("accuracy"),
            table(folder_ / "out/runs.csv").rows[1].at("final_accuracy"));
}

TEST_F(CommandLearned, ALabelThatIsNotThereIsTheLabelsFault) {
  results(experiment({{"task", {{"classes", {2, 0}}}}}), "out");
  idx("images", tiny::images(20, {}, 1));
  idx("labels", tiny::labels(20, {.classes = 2}));
  EXPECT_TRUE(
      ended(innate_test({"--data", "images", "labels"}), kFailed, {"labels: found no image of class 2"}));
}

TEST_F(CommandLearned, TransposedImagesStayTransposed) {
  results(all_kinds(), "upright");
  write_tiny_data(folder_ / "turned/tiny", {.height = 7, .width = 9});  // to be overwritten
  for (const char* name : {tiny::train_images, tiny::test_images}) {
    const std::string stored = read(data_ / "tiny" / name);
    std::string turned = stored;
    std::swap(turned[11], turned[15]);
    for (std::size_t i = 0; i < stored.size() - 16; ++i)
      turned[16 + i / 63 * 63 + i % 7 * 9 + i % 63 / 7] = stored[16 + i];
    write(folder_ / "turned/tiny" / name, turned);
  }
  Json json = all_kinds();
  json["task"]["transpose"] = true;
  auto turned = results(json, "out", {"--data", (folder_ / "turned").string()});
  auto upright = tables(folder_ / "upright");
  for (const char* name : {"metrics.csv", "runs.csv", "summary.csv", "genes.csv"})
    EXPECT_EQ(turned[name], upright[name]) << name;
  ASSERT_TRUE(ended(innate_test({"--data", "turned", "--out", "tested.csv"}), kDone,
                    {"tiny test: 200 images of 9 x 7"}));
  EXPECT_EQ(table(folder_ / "tested.csv").rows[4].at("accuracy"),
            table(folder_ / "upright/runs.csv").rows[4].at("final_accuracy"));
  ASSERT_TRUE(ended(run(innate({"export", "out"})), kDone));
  ASSERT_TRUE(ended(run(innate({"export", "upright"})), kDone));
  for (const std::string& name : names(folder_ / "out/export"))
    EXPECT_EQ(read(folder_ / "out/export" / name), read(folder_ / "upright/export" / name)) << name;
}

TEST_F(CommandLearned, ImagesThatAreAllBlackAreSaidToBe) {
  for (const char* name : {tiny::train_images, tiny::test_images}) {
    std::string bytes = read(data_ / "tiny" / name);
    std::fill(bytes.begin() + 16, bytes.end(), '\0');
    write(data_ / "tiny" / name, bytes);
  }
  const Ending ending = run(innate_run({put(all_kinds()), "--out", "out"}));
  ASSERT_TRUE(ended(ending, kDone, {"innate: tiny train: all pixels of its 600 images are 0;"}));
  EXPECT_EQ(ending.err.find("are 0;"), ending.err.rfind("are 0;")) << "once";
  ASSERT_TRUE(
      ended(innate_test({"--out", "tested.csv"}), kDone, {"innate: tiny test: all pixels of its 200"}));
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(table(folder_ / "tested.csv").rows[i].at("accuracy"),
              table(folder_ / "out/runs.csv").rows[i].at("final_accuracy"));
  EXPECT_TRUE(ended(run(innate({"export", "out"})), kDone));
}

TEST_F(CommandLearned, RunsCanBeChosen) {
  results(all_kinds(), "out");
  const auto tested = [&](const Words& arguments) {
    Words all = arguments;
    all.insert(all.end(), {"--out", "chosen.csv"});
    EXPECT_TRUE(ended(innate_test(all), kDone));
    Words runs;
    for (const auto& row : table(folder_ / "chosen.csv").rows) runs.push_back(row.at("run"));
    return runs;
  };
  EXPECT_EQ(tested({"--variant", "direct"}), (Words{"6", "7"}));
  EXPECT_EQ(tested({"--run", "9", "--run", "0"}), (Words{"0", "9"}));
  EXPECT_EQ(tested({"--variant", "gem, learned", "--run", "2"}), (Words{"2", "4", "5"}));
  EXPECT_TRUE(ended(innate_test({"--variant", "place"}), kBadUsage,
                    {"no variant 'place'", "'places', 'gem, learned', 'direct', 'wild'", "did you mean"}));
  EXPECT_TRUE(ended(innate_test({"--run", "10"}), kBadUsage, {"no run 10", "0 to 9"}));
}

/// Two exports of which each lists its own files would be one heap.
TEST_F(CommandLearned, AnExportIntoAUsedFolderIsRefusedUnlessItReplacesAll) {
  results(experiment(), "out");
  const auto export_to = [&](const Words& more) {
    Words all = {"export", "out", "--out", "there"};
    all.insert(all.end(), more.begin(), more.end());
    return run(innate(all));
  };
  ASSERT_TRUE(ended(export_to({"--run", "1"}), kDone));
  const auto one = snapshot(folder_ / "there");
  EXPECT_TRUE(ended(export_to({"--run", "0"}), kBadUsage,
                    {"there: holds 001-bands-r1.npz, which this export would not write",
                     "\nGive a new or empty folder with --out"}));
  EXPECT_EQ(snapshot(folder_ / "there"), one);
  EXPECT_TRUE(ended(export_to({}), kDone)) << "which writes all that is there anew";
  EXPECT_TRUE(ended(export_to({}), kDone));
  EXPECT_EQ(names(folder_ / "there"), (Words{"000-bands-r0.npz", "001-bands-r1.npz", "index.csv"}));
  const std::string index = read(folder_ / "there/index.csv");
  write(folder_ / "there/index.csv", index + index.substr(index.find("\n1,") + 1).replace(2, 3, "002"));
  EXPECT_TRUE(ended(export_to({}), kBadUsage,
                    {"there: holds index.csv, which lists files that this export would not"}));
  write(folder_ / "there/index.csv", "a,b\n1,2\n");
  EXPECT_TRUE(ended(export_to({}), kBadUsage, {"there: holds index.csv, which is no export's"}));
  write(folder_ / "there/index.csv", index);
  write(folder_ / "there/notes.txt", "mine");
  EXPECT_TRUE(ended(export_to({}), kBadUsage, {"there: holds notes.txt"}));
}

TEST_F(CommandLearned, ImagesThatDoNotFitAreRefused) {
  results(experiment(), "out");
  TinyData data;
  data.height = 8;
  idx("small", tiny::images(20, data, 1));
  idx("labels", tiny::labels(20, data));
  EXPECT_TRUE(ended(innate_test({"--data", "small", "labels"}), kFailed,
                    {"small: images of 8 x 7, but run 0 (bands, replica 0) was trained on images of 9 x 7"}));
  data = {};
  data.classes = 5;
  idx("images", tiny::images(20, data, 1));
  idx("many", tiny::labels(20, data));
  EXPECT_TRUE(ended(innate_test({"--data", "images", "many"}), kFailed,
                    {"many: labels up to 4", "3 outputs", "0 to 2"}));
  idx("few", tiny::labels(19, data));
  EXPECT_TRUE(ended(innate_test({"--data", "images", "few"}), kFailed, {"found 19 labels, expected 20"}));
  EXPECT_TRUE(ended(innate_test({"--data", "many", "images"}), kFailed, {"many: found the magic number"}));
  EXPECT_TRUE(ended(innate_test({"--data", "images"}), kBadUsage, {"--data IMAGES LABELS"}));
  EXPECT_TRUE(ended(innate_test({"--data", "images", "nosuch"}), kFailed, {"nosuch: found nothing"}));
  EXPECT_TRUE(ended(innate_test({"--data", "nowhere"}), kFailed, {"nowhere: found nothing"}));
  std::filesystem::create_directory(folder_ / "empty");  // never another set in place of the one asked for
  EXPECT_TRUE(ended(innate_test({"--data", "empty"}), kFailed, {"neither a data set nor a folder with"}));
  EXPECT_TRUE(ended(innate_test({"--on", "letters"}), kBadUsage, {"No data set 'letters'"}));
  EXPECT_TRUE(ended(run(innate({"test", "out", "--device", "cuda:99"})), kBadUsage, {"--device cuda:99"}));
}

TEST_F(CommandLearned, FoldersWithoutGenomesSayWhatToDo) {
  results(experiment(), "out");
  const std::string provenance = read(folder_ / "out/provenance.json"),
                    genomes = read(folder_ / "out/genomes.bin");
  for (const char* command : {"export", "test"}) {
    SCOPED_TRACE(command);
    EXPECT_TRUE(ended(run(innate({command, "nowhere"})), kFailed, {"nowhere: is no results folder"}));
    EXPECT_TRUE(ended(run(innate({command, "data"})), kFailed, {"data: is no results folder"}));
    write(folder_ / "out/provenance.json", "{}");
    EXPECT_TRUE(
        ended(run(innate({command, "out"})), kFailed, {"out: its experiment is not finished", "--resume"}));
    write(folder_ / "out/provenance.json", provenance);
    fs::remove(folder_ / "out/genomes.bin");
    EXPECT_TRUE(
        ended(run(innate({command, "out"})), kFailed, {"holds no genomes.bin", "run it again: innate run"}));
    write(folder_ / "out/genomes.bin", genomes.substr(0, genomes.size() - 3));
    EXPECT_TRUE(ended(
        run(innate({command, "out"})), kFailed,
        {"out/genomes.bin: holds nothing of bands, replica 1: it was cut off or damaged", "innate run"}));
    write(folder_ / "out/genomes.bin", genomes);
  }
}

TEST_F(CommandLearned, ATestsTableReplacesNothingElse) {
  results(experiment(), "out");
  write(folder_ / "mine.json", "{}");
  const auto before = snapshot(folder_ / "out");
  for (const char* name : {"out/genomes.bin", "out/runs.csv", "mine.json"})
    EXPECT_TRUE(ended(run(innate({"test", "out", "--out", name})), kBadUsage,
                      {name, "is no table of `innate test`"}));
  EXPECT_EQ(snapshot(folder_ / "out"), before);
  fs::create_symlink("rows.csv", folder_ / "link.csv");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(ended(run(innate({"test", "out", "--out", "link.csv"})), kDone));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.csv"));
  EXPECT_EQ(table(folder_ / "rows.csv").rows.size(), 2u);
  EXPECT_TRUE(ended(run(innate({"test", "out", "--out", "/dev/null"})), kDone));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(CommandLearned, AnotherSetOfTheSameNameIsSaid) {
  results(experiment(), "out");
  EXPECT_FALSE(contains(run(innate({"test", "out"})).err, "another set"));
  const fs::path labels = data_ / "tiny" / tiny::test_labels;
  std::string other = read(labels);
  other.back() = other.back() == 0 ? 1 : 0;
  write(labels, other);
  EXPECT_TRUE(
      ended(run(innate({"test", "out"})), kDone, {"is another set than the one of the training", "SHA-256"}));
}

// ---- innate export ----

TEST_F(CommandLearned, ExportedIsTheSameTwice) {
  results(all_kinds(), "out");
  const Ending ending = run(innate({"export", "out"}));
  ASSERT_TRUE(ended(ending, kDone));
  EXPECT_EQ(ending.out, "10 runs  out/export/index.csv\n");
  EXPECT_EQ(
      names(folder_ / "out/export"),
      (Words{"000-places-genes=2-r0.npz", "001-places-genes=2-r1.npz", "002-places-genes=5-r0.npz",
             "003-places-genes=5-r1.npz", "004-gem-learned-r0.npz", "005-gem-learned-r1.npz",
             "006-direct-r0.npz", "007-direct-r1.npz", "008-wild-r0.npz", "009-wild-r1.npz", "index.csv"}));
  ASSERT_TRUE(ended(run(innate({"export", "out", "--out", "again/there"})), kDone));
  for (const std::string& name : names(folder_ / "out/export"))
    EXPECT_EQ(read(folder_ / "out/export" / name), read(folder_ / "again/there" / name)) << name;
  const Rows index = table(folder_ / "again/there/index.csv"), runs = table(folder_ / "out/runs.csv");
  EXPECT_EQ(index.rows[2].at("file"), "002-places-genes=5-r0.npz");
  EXPECT_EQ(index.rows[2].at("height"), "9");
  EXPECT_EQ(index.rows[2].at("width"), "7");
  for (const std::string& column : runs.columns)
    EXPECT_EQ(index.rows[2].at(column), runs.rows[2].at(column)) << column;
  ASSERT_TRUE(ended(run(innate({"export", "out", "--variant", "direct", "--out", "direct"})), kDone));
  EXPECT_EQ(names(folder_ / "direct"), (Words{"006-direct-r0.npz", "007-direct-r1.npz", "index.csv"}));
}

class CommandNumPy : public CommandLearned {
 protected:
  void SetUp() override {
    CommandLearned::SetUp();
    if (run(python("import numpy")).status != 0) GTEST_SKIP() << "there is no python3 with NumPy";
  }
  Invocation python(const std::string& text) const {
    Invocation program = innate({});
    program.file = "/usr/bin/python3";
    program.arguments = {"-c", text};
    return program;
  }
};

TEST_F(CommandNumPy, ReadsWhatWasExported) {
  results(all_kinds(), "out");
  ASSERT_TRUE(ended(run(innate({"export", "out"})), kDone));
  EXPECT_TRUE(ended(run(python(R"(
import csv, numpy
data = open("data/tiny/t10k-images-idx3-ubyte", "rb").read()[16:]
A = numpy.frombuffer(data, numpy.uint8).reshape(200, 63) / numpy.float32(255)
labels = numpy.frombuffer(open("data/tiny/t10k-labels-idx1-ubyte", "rb").read()[8:], numpy.uint8)
runs = list(csv.DictReader(open("out/export/index.csv")))
assert len(runs) == 10
for run in runs:
    f = numpy.load("out/export/" + run["file"])
    outputs = 4 if run["variant"] == "direct" else 3
    assert f["W"].shape == (63, outputs) and f["W"].dtype == numpy.float32, f["W"]
    assert f["bias"].shape == (outputs,) and tuple(f["grid"]) == (9, 7) and f["scale"].shape == ()
    learned = sum(f[k].size for k in f if k in ("places", "expression", "interaction", "weights"))
    if run["variant"] == "gem, learned": learned += f["output_identity"].size + f["bias"].size
    assert learned == int(run["genome_parameters"]), (run, learned)
    if run["status"] == "diverged": continue
    right = numpy.argmax(A @ f["W"] + f["bias"], axis=1) == labels
    assert abs(right.mean() - float(run["final_accuracy"])) < 0.006, (right.mean(), run)
    if run["variant"] == "direct": continue
    W = f["scale"] * f["X"] @ f["interaction"] @ f["output_identity"].T
    assert numpy.allclose(W, f["W"], rtol=1e-4, atol=1e-6)
    if "places" not in f: continue
    h, w = (numpy.linspace(-1, 1, n) for n in f["grid"])
    my, mx, q = f["places"].astype(float)
    d2 = (h[:, None, None] - numpy.tanh(my)) ** 2 + (w[:, None] - numpy.tanh(mx)) ** 2
    assert numpy.allclose(numpy.exp(-d2 * numpy.exp(2 * q)).reshape(63, -1), f["X"], atol=1e-5)
)")),
                    kDone));
}

TEST_F(CommandNumPy, TheLinesOfTheReadmeWork) {
  std::string lines;
  for (const std::string& line : test::lines(read(fs::path(INNATE_EXPERIMENTS) / "../README.md")))
    if (contains(line, "import csv, numpy") || (!lines.empty() && line.rfind("    ", 0) == 0))
      lines += line.substr(4) + "\n";
    else if (!lines.empty())
      break;
  ASSERT_FALSE(lines.empty());
  results(all_kinds(), "results/quickstart");
  ASSERT_TRUE(ended(run(innate({"export", "results/quickstart"})), kDone));
  const Ending ending = run(python(lines));
  EXPECT_TRUE(ended(ending, kDone));
  EXPECT_TRUE(says(ending.out, {"places", "(9, 7, 3)"}));
}

// ---- Pictures ----

class CommandPictures : public CommandLearned {
 protected:
  void SetUp() override {
    CommandLearned::SetUp();
    if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
    results(all_kinds(), "out");
    pictures_ = true;
  }
  Ending plot(const Words& more) const {
    Words all = {"plot", "out"};
    all.insert(all.end(), more.begin(), more.end());
    return run(innate(all));
  }
  std::string svg(const std::string& stem) const {
    EXPECT_EQ(read(folder_ / (stem + ".png")).substr(0, 8), "\x89PNG\r\n\x1a\n");
    return read(folder_ / (stem + ".svg"));
  }
};

TEST_F(CommandPictures, OfWeights) {
  const Ending ending = plot({"--what", "weights", "--variant", "places", "--variant", "direct"});
  ASSERT_TRUE(ended(ending, kDone));
  EXPECT_EQ(ending.out, "out/weights.svg\nout/weights.png\n");
  const std::string text = svg("out/weights");
  EXPECT_TRUE(says(text, {"places, genes 5, replica 0: final accuracy", "direct, replica 0"}));
  EXPECT_FALSE(contains(text, "genes 2")) << "the last point alone";
  ASSERT_TRUE(ended(plot({"--what", "weights", "--run", "1", "--out", "one"}), kDone));
  EXPECT_TRUE(says(svg("one"), {"places, genes 2, replica 1"}));
  EXPECT_TRUE(ended(plot({"--what", "weights", "--run", "8"}), kFailed,
                    {"wild, replica 0", "weights are not finite"}));
  EXPECT_TRUE(ended(plot({"--what", "weights", "--x", "log"}), kBadUsage, {"--x and --y are for curves"}));
}

TEST_F(CommandPictures, OfWhatIsThereOfAnUnfinishedFolder) {
  Json marked = Json::parse(read(folder_ / "out/provenance.json"));
  marked["finished"] = false;
  write(folder_ / "out/provenance.json", marked.dump());
  std::string runs = read(folder_ / "out/runs.csv");
  runs.replace(runs.find("diverged"), 8, "running");
  write(folder_ / "out/runs.csv", runs);
  ASSERT_TRUE(ended(plot({"--what", "weights", "--variant", "direct"}), kDone));
  EXPECT_TRUE(says(svg("out/weights"), {"not finished: 9 of 10 runs", "direct, replica 0"}));
  ASSERT_TRUE(ended(plot({"--what", "genes"}), kDone));
  EXPECT_TRUE(says(svg("out/genes"), {"not finished: 9 of 10 runs", "places, genes 5"}));
  fs::remove(folder_ / "out/genomes.bin");
  EXPECT_TRUE(ended(plot({"--what", "weights"}), kFailed, {"no run that was chosen has ended", "--resume"}));
  EXPECT_TRUE(ended(run(innate({"test", "out"})), kFailed, {"out: its experiment is not finished"}));
}

TEST_F(CommandPictures, OfAFolderWhoseExtensionWasKilled) {
  Json marked = Json::parse(read(folder_ / "out/provenance.json")),
       larger = Json::parse(read(folder_ / "out/experiment.json"));
  marked["finished"] = false;
  larger["replicas"] = 7;
  write(folder_ / "out/provenance.json", marked.dump());
  write(folder_ / "out/experiment.json", larger.dump());
  ASSERT_TRUE(ended(run(innate({"plot", "out"})), kDone));
  const std::string text = svg("out/curve");
  EXPECT_TRUE(says(text, {"not finished: 10 of 35 runs"}));
  EXPECT_FALSE(contains(text, "of 2 replicas"));
}

TEST_F(CommandPictures, OfGenes) {
  const Ending ending = plot({"--what", "genes"});
  ASSERT_TRUE(ended(ending, kDone));
  EXPECT_EQ(ending.out, "out/genes.svg\nout/genes.png\n");
  EXPECT_TRUE(says(svg("out/genes"), {"places, genes 5", "steps 0 to 60", "width at the end"}));
  ASSERT_TRUE(ended(plot({"--what", "genes", "--run", "1", "--run", "2", "--out", "two"}), kDone));
  EXPECT_TRUE(says(svg("two"), {"places, genes 2", "places, genes 5"}));
  EXPECT_TRUE(ended(plot({"--what", "genes", "--variant", "direct"}), kBadUsage,
                    {"'direct' has no genes to draw", "spatial_gem"}));
  pictures_ = false;
  results(experiment(), "gem");
  pictures_ = true;
  EXPECT_TRUE(
      ended(run(innate({"plot", "gem", "--what", "genes"})), kBadUsage, {"gem: has no genes to draw"}));
}

TEST_F(CommandPictures, AxesCanBeChosen) {
  EXPECT_TRUE(ended(plot({"--x", "log", "--y", "log", "--out", "log"}), kDone));
  EXPECT_NE(svg("log"), "");
  EXPECT_TRUE(ended(plot({"--y", "logarithmic"}), kBadUsage, {"--y", "linear"}));
  EXPECT_TRUE(ended(plot({"--what", "everything"}), kBadUsage, {"--what", "curve"}));
  EXPECT_TRUE(ended(plot({"--run", "1"}), kBadUsage, {"--variant and --run choose what"}));
  EXPECT_FALSE(fs::exists(folder_ / "out/curve.svg"));
}

}  // namespace
}  // namespace innate::test
