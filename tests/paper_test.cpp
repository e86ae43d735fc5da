// The accuracies that the engine must reach, through the real binary (paper/accuracy.json says how they are
// measured).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "host/data/find_sets.h"
#include "host/results/csv.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;

/// Runs the experiment once for all tests; the folder that holds the results.
class Paper : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!have_mnist()) return;
    folder_ = fs::temp_directory_path() / ("innate-paper-" + std::to_string(getpid()));
    const std::string command = std::string(INNATE_BINARY) +
                                " run " INNATE_PAPER "/accuracy.json --device cpu --out " + folder_.string();
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command;
    summary_ = read_csv(folder_ / "summary.csv");
    runs_ = read_csv(folder_ / "runs.csv");
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }
  void SetUp() override {
    if (!have_mnist()) GTEST_SKIP() << "MNIST is not here: set INNATE_DATA to a folder that has mnist/";
  }

  static bool have_mnist() {
    const auto found = find_set("mnist", data_path({}));
    return found && found->complete();
  }

  static std::string cell(const Table& table, const std::vector<std::string>& row, const char* column) {
    return row.at(find_column(table, column).value());
  }

  /// The mean of best_accuracy over replicas, in percent, where column `of` is `genes` (0: whatever it is).
  static double best(const std::string& variant, int genes, const char* of = "genome.genes") {
    for (const auto& row : summary_.rows)
      if (cell(summary_, row, "variant") == variant &&
          (genes == 0 || cell(summary_, row, of) == std::to_string(genes))) {
        EXPECT_EQ(cell(summary_, row, "replicas"), "5");
        EXPECT_EQ(cell(summary_, row, "progress_mean"), "20000");
        return 100 * parse_number(cell(summary_, row, "best_accuracy_mean")).value();
      }
    ADD_FAILURE() << "no row of " << variant << " with " << of << " = " << genes;
    return 0;
  }

  static inline fs::path folder_;
  static inline Table summary_, runs_;
};

TEST_F(Paper, Direct) { EXPECT_GE(best("direct", 0), 92.3); }

TEST_F(Paper, OneGeneCanOnlyGiveTwoAnswers) {
  EXPECT_GE(best("GEM", 1), 15.0);
  int runs = 0;
  for (const auto& row :
       runs_.rows)  // the two most frequent digits of the test set are 1,135 and 1,032 of 10,000
    if (cell(runs_, row, "variant") == "GEM" && cell(runs_, row, "genome.genes") == "1") {
      ++runs;
      EXPECT_LE(parse_number(cell(runs_, row, "best_accuracy")).value(), 0.2167);
    }
  EXPECT_EQ(runs, 5);
}

TEST_F(Paper, OneGeneWithFrozenBias) { EXPECT_GE(best("GEM, frozen bias", 1), 21.0); }
TEST_F(Paper, FiveGenesWithLearnedBias) { EXPECT_GE(best("GEM, learned bias", 5), 80.0); }
TEST_F(Paper, NineGenes) { EXPECT_GE(best("GEM", 9), 91.0); }

TEST_F(Paper, SpatialGenes) {
  EXPECT_GE(best("S-GEM", 11), 82.0);
  EXPECT_GE(best("S-GEM", 17), 87.5);
  EXPECT_GE(best("S-GEM", 26), 89.5);
}

TEST_F(Paper, HiddenLayerOfPlaces) {
  EXPECT_GE(best("ML-S-GEM", 10), 77.0);
  EXPECT_GE(best("ML-S-GEM", 22), 92.0);
}

TEST_F(Paper, RandomBasis) {
  EXPECT_GE(best("random basis", 78, "genome.vectors"), 86.5);
  EXPECT_GE(best("random basis", 400, "genome.vectors"), 91.3);
}
TEST_F(Paper, IntrinsicDimension) {  // no figure was published; ours, so that it stays
  EXPECT_GE(best("intrinsic dimension", 100, "genome.dimension"), 50.0);
}

TEST_F(Paper, ParameterCounts) {
  const auto parameters = [](const std::string& variant, const std::string& genes,
                             const char* of = "genome.genes") {
    for (const auto& row : summary_.rows)
      if (cell(summary_, row, "variant") == variant && cell(summary_, row, of) == genes)
        return cell(summary_, row, "genome_parameters");
    return std::string("none");
  };
  EXPECT_EQ(parameters("S-GEM", "11"), "154");
  EXPECT_EQ(parameters("S-GEM", "17"), "340");
  EXPECT_EQ(parameters("S-GEM", "26"), "754");
  EXPECT_EQ(parameters("ML-S-GEM", "10"), "160");
  EXPECT_EQ(parameters("ML-S-GEM", "22"), "616");
  EXPECT_EQ(parameters("GEM", "1"), "785");
  EXPECT_EQ(parameters("GEM", "9"), "7137");
  EXPECT_EQ(parameters("GEM, learned bias", "5"), "3955");
  EXPECT_EQ(parameters("direct", ""), "7840");
  EXPECT_EQ(parameters("random basis", "78", "genome.vectors"), "780");
  EXPECT_EQ(parameters("intrinsic dimension", "100", "genome.dimension"), "100");
}

}  // namespace
}  // namespace innate::host
