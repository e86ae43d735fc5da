// Pictures: what is read from results folders, what gnuplot is told, and the files that come out.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/plot/child.h"
#include "host/plot/fonts.h"
#include "host/plot/geometry.h"
#include "host/plot/learned_pictures.h"
#include "host/plot/picture.h"
#include "host/plot/plot.h"
#include "host/plot/words.h"
#include "host/results/file.h"
#include "host/results/text.h"
#include "tests/support/messages.h"
#include "tests/support/temporary_folder.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;
using test::expect_parts;

const std::string head =
    "variant,genome.genes,replicas,diverged,genome_parameters,percent,best_accuracy_mean,best_accuracy_sd\n";
const std::string sgem = "S-GEM,26,10,0,754,9.5,0.85,0.004\nS-GEM,11,10,0,154,2,0.7,0.01\n";
const std::string gem = "GEM,1,10,0,785,10,0.4,0.02\nGEM,9,10,0,7137,91,0.915,0.001\n";
const std::string direct = "direct,,10,0,7840,100,0.925,0.0006\n";
const std::string figure =
    R"({ "x": "percent", "y": "best_accuracy", "marks": [ { "x": 2, "y": 0.8, "label": "paper" } ] })";

class Plot : public testing::Test {
 protected:
  fs::path folder(const std::string& name, const std::string& summary,
                  const std::string& figure_json = figure, const std::string& title = "sgem") const {
    fs::create_directories(dir_ / name);
    const std::string shown = figure_json.empty() ? "" : ", \"figure\": " + figure_json;
    write_file(dir_ / name / "experiment.json", "{ \"innate\": 1, \"name\": \"file\", \"title\": \"" + title +
                                                    "\", \"source\": \"Paper, Fig. 2\"" + shown + " }");
    write_file(dir_ / name / "summary.csv", summary);
    return dir_ / name;
  }
  bool has_gnuplot() const { return std::system("gnuplot --version > /dev/null 2>&1") == 0; }

  const test::TemporaryFolder temporary_;
  const fs::path dir_ = temporary_.path();
};

template <class Error = PlotError, class Call>
std::string message(const Call& call) {
  return test::error_of<Error>(call);
}

std::vector<std::string> labels(const Picture& picture) {
  std::vector<std::string> found;
  for (const auto& series : picture.series) found.push_back(series.label);
  return found;
}

// ---- What is read ----

TEST_F(Plot, ReadsSeriesMarksAndWords) {
  const Picture picture = picture_of({folder("a", head + sgem + gem + direct)});
  EXPECT_EQ(picture.title, "sgem");
  EXPECT_EQ(picture.subtitle, "Paper, Fig. 2; mean and one standard deviation of 10 replicas");
  EXPECT_EQ(picture.x_label, "parameters, % of the direct network's weights");
  EXPECT_EQ(picture.y_label, "best test accuracy, %");
  EXPECT_FALSE(picture.log_x);
  ASSERT_EQ(labels(picture), (std::vector<std::string>{"S-GEM", "GEM", "direct"}));
  const auto& points = picture.series[0].points;
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].x, 2);  // sorted
  EXPECT_DOUBLE_EQ(points[0].y, 70);
  EXPECT_DOUBLE_EQ(points[0].sd, 1);
  EXPECT_EQ(points[1].x, 9.5);
  EXPECT_FALSE(picture.series[2].level) << "GEM reaches 91 %: direct is a point like any other";
  ASSERT_EQ(picture.marks.size(), 1U);
  EXPECT_EQ(picture.marks[0].x, 2);
  EXPECT_DOUBLE_EQ(picture.marks[0].y, 80);
}

TEST_F(Plot, ALonePointFarOutBecomesALevel) {
  const Picture picture = picture_of({folder("a", head + sgem + direct)});
  EXPECT_FALSE(picture.series[0].level);
  EXPECT_TRUE(picture.series[1].level);
  EXPECT_LT(geometry_of(picture).x.high, 11);
  EXPECT_EQ(level_text(picture.series[1]), "direct (at x = 100)");
  const std::string far_mark =
      R"({ "x": "percent", "y": "best_accuracy", "marks": [ { "x": 60, "y": 0.8 } ] })";
  EXPECT_FALSE(picture_of({folder("b", head + sgem + direct, far_mark)}).series[1].level);
  std::string many;
  for (int i = 0; i < 6; ++i) many += "direct " + std::to_string(i) + ",,1,0,7840,100,0.9,\n";
  for (const std::string& far : {many, std::string("A,,1,0,9,100,0.9,\nB,,1,0,9,100,0.8,\n")})
    for (const auto& series : picture_of({folder("d", head + sgem + far)}).series)
      EXPECT_FALSE(series.level) << "they are what the picture is about: " << series.label;
  EXPECT_FALSE(picture_of({folder("c", head + direct)}).series[0].level) << "alone it is the picture";
}

TEST_F(Plot, WithoutAFigureTheFirstBestColumnOverPercentIsShown) {
  const Picture picture =
      picture_of({folder("a", "variant,percent,best_loss_mean,best_loss_sd\nA,3,0.5,\nA,4,0.25,\n", "")});
  EXPECT_EQ(picture.y_label, "best loss");
  EXPECT_EQ(picture.series[0].points[1].y, 0.25);
  EXPECT_EQ(picture.series[0].points[1].sd, 0);
  EXPECT_EQ(picture.subtitle, "Paper, Fig. 2");
}

TEST_F(Plot, AColumnThatTheSummaryLacksComesFromTheRuns) {
  const auto at = folder("a", head + sgem, R"({ "x": "learning.rate", "y": "final_accuracy" })");
  expect_parts(message<ResultsError>([&] { picture_of({at}); }), {"runs.csv", "No such file"});
  const std::string runs_head = "variant,learning.rate,replica,status,final_accuracy\n";
  write_file(at / "runs.csv",
             runs_head + "A,0.1,0,done,0.5\nA,0.1,1,stopped,0.7\nA,0.1,2,diverged,0\nA,0.2,0,done,0.8\n");
  const Picture picture = picture_of({at});
  EXPECT_EQ(picture.x_label, "learning.rate");
  ASSERT_EQ(picture.series.size(), 1U);
  ASSERT_EQ(picture.series[0].points.size(), 2U);
  EXPECT_DOUBLE_EQ(picture.series[0].points[0].y, 60);
  EXPECT_NEAR(picture.series[0].points[0].sd, 10 * std::sqrt(2.0), 1e-9);
  write_file(at / "runs.csv", "variant,replica,status\nA,0,done\n");
  expect_parts(message([&] { picture_of({at}); }),
               {"no column 'learning.rate'", "it has variant, replica, status"});
}

const std::string runs_head = "variant,genome.genes,replica,seed,status\n";
const std::string metrics_head = "variant,genome.genes,replica,at,metric,value\n";
/// Two points of one variant, of which the first has two replicas and a third that diverged, and one of
/// another.
const std::string along_steps =
    "GEM,1,0,0,accuracy,0.25\nGEM,1,0,0,modularity,0.5\nGEM,1,0,10,accuracy,0.5\nGEM,1,0,10,modularity,1\n"
    "GEM,1,1,0,accuracy,0.25\nGEM,1,1,0,modularity,0.25\nGEM,1,1,10,accuracy,0.75\nGEM,1,1,10,modularity,"
    "0.75\nGEM,1,2,0,accuracy,0.1\nGEM,1,2,0,modularity,9\nGEM,1,2,10,accuracy,0.1\nGEM,9,0,0,accuracy,0.1\n"
    "GEM,9,0,0,modularity,0.125\nGEM,9,0,10,accuracy,0.9\nGEM,9,0,10,modularity,0.25\n"
    "direct,,0,0,accuracy,0.1\ndirect,,0,0,modularity,0.5\ndirect,,0,1000,accuracy,0.95\n"
    "direct,,0,1000,modularity,0.125\n";

TEST_F(Plot, MetricsAreDrawnAlongTheSteps) {
  const auto along = [&](const std::string& name, const std::string& json) {
    const fs::path made = folder(name, head + gem, json);
    write_file(made / "runs.csv", runs_head +
                                      "GEM,1,0,1,done\nGEM,1,1,2,done\nGEM,1,2,3,diverged\n"
                                      "GEM,9,0,1,done\ndirect,,0,1,done\n");
    write_file(made / "metrics.csv", metrics_head + along_steps);
    return made;
  };
  const Picture plain = picture_of({along("plain", R"({ "x": "at", "y": "accuracy" })")});
  EXPECT_EQ(labels(plain), (std::vector<std::string>{"GEM, genes 1", "GEM, genes 9", "direct"}));
  EXPECT_EQ(plain.x_label, "steps");
  EXPECT_EQ(plain.y_label, "test accuracy, %");
  EXPECT_FALSE(plain.log_x) << "there is a step 0";
  ASSERT_EQ(plain.series[0].points.size(), 2u);
  EXPECT_EQ(plain.series[0].points[1].x, 10);
  EXPECT_DOUBLE_EQ(plain.series[0].points[1].y, 62.5) << "without the replica that diverged";
  EXPECT_DOUBLE_EQ(plain.series[0].points[1].sd, 100 * std::sqrt(2 * 0.125 * 0.125));
  EXPECT_EQ(plain.series[2].points[1].x, 1000);
  EXPECT_FALSE(plain.series[2].level);

  const Picture relative = picture_of(
      {along("relative", R"({ "x": "at", "y": "modularity", "log_x": true, "normalise": "start" })")});
  EXPECT_EQ(relative.y_label, "modularity / that at the start");
  ASSERT_EQ(relative.series[0].points.size(), 1u) << "step 0 has no place on a logarithmic axis";
  EXPECT_DOUBLE_EQ(relative.series[0].points[0].y, 2.5) << "each replica by its own start";
  EXPECT_DOUBLE_EQ(relative.series[2].points[0].y, 0.25);

  expect_parts(message([&] { picture_of({along("none", R"({ "x": "at", "y": "modularty" })")}); }),
               {"metrics.csv: has no metric 'modularty'", "accuracy, modularity"});
}

TEST_F(Plot, SeveralFoldersArePrefixed) {
  const auto a = folder("a", head + sgem), b = folder("b", head + sgem + gem, figure, "other");
  const Picture picture = picture_of({a, b / ""});
  EXPECT_EQ(labels(picture), (std::vector<std::string>{"a: S-GEM", "b: S-GEM", "b: GEM"}));
  EXPECT_EQ(picture.title, "sgem, other");
  EXPECT_EQ(picture.marks.size(), 1U) << "the same mark once";
  const auto deep = folder("deep/a", head + sgem);
  EXPECT_EQ(labels(picture_of({a, deep})),
            (std::vector<std::string>{a.string() + ": S-GEM", deep.string() + ": S-GEM"}));
}

TEST_F(Plot, MarksOfAFolderWithOtherAxesAreLeftOut) {
  const auto a = folder("a", head + sgem);
  const auto b =
      folder("b", head + sgem,
             R"({ "x": "genome_parameters", "y": "best_accuracy", "marks": [ { "x": 9, "y": 0.1 } ] })");
  EXPECT_EQ(picture_of({a, b}).marks.size(), 1U);
  EXPECT_EQ(picture_of({b, a}).marks.size(), 1U);
  EXPECT_EQ(picture_of({b, a}).marks[0].x, 9);
}

TEST_F(Plot, RowsWithoutNumbersAreSkipped) {
  const std::string rows = "S-GEM,1,2,2,9,3,,\nS-GEM,1,2,2,9,inf,0.5,\nGEM,1,2,0,9,3,nan,\n";
  EXPECT_EQ(labels(picture_of({folder("a", head + rows + direct)})), std::vector<std::string>{"direct"});
  const std::string huge = "S-GEM,1,2,2,9,1e308,0.5,\nGEM,1,2,2,9,3,-1e308,\n";
  EXPECT_EQ(labels(picture_of({folder("c", head + huge + direct)})), std::vector<std::string>{"direct"});
  expect_parts(message([&] { picture_of({folder("b", head + rows)}); }),
               {"nothing to draw", "percent", "best_accuracy"});
}

TEST_F(Plot, WhatCannotBeReadIsNamed) {
  expect_parts(message([&] { picture_of({}); }), {"no results folder"});
  expect_parts(message<ResultsError>([&] { picture_of({dir_ / "none"}); }),
               {"none/experiment.json", "No such file"});
  const auto at = folder("a", head + sgem);
  fs::remove(at / "summary.csv");
  expect_parts(message([&] { picture_of({at}); }),
               {"summary.csv", "when it is interrupted, or finished", "--resume"});
  write_file(at / "experiment.json", "[");
  expect_parts(message([&] { picture_of({at}); }), {"experiment.json", "not a JSON object"});
  const auto b =
      folder("b", head + "A,1,1,0,9,0,0.5,\n", R"({ "x": "percent", "y": "best_accuracy", "log_x": true })");
  expect_parts(message([&] { picture_of({b}); }), {"log_x", "'percent' of 'A' is 0"});
}

TEST_F(Plot, AxesCanBeLogarithmic) {
  const auto at = folder("a", head + sgem + gem + direct,
                         R"({ "x": "percent", "y": "best_accuracy", "log_x": true, "log_y": true })");
  Picture picture = picture_of({at});
  EXPECT_TRUE(picture.log_x && picture.log_y);
  picture = picture_of({at}, {false, false});
  EXPECT_FALSE(picture.log_x || picture.log_y);
  picture = picture_of({at}, {std::nullopt, false});
  EXPECT_TRUE(picture.log_x && !picture.log_y);
  const auto zero = folder("b", head + "A,1,1,0,9,1,0,\n");
  expect_parts(message([&] {
                 picture_of({zero}, {std::nullopt, true});
               }),
               {"log_y", "--y log", "'best_accuracy' of 'A' is 0"});
}

TEST_F(Plot, TheXAxisIsLogarithmicWherePointsSpanMoreThanTwoDecades) {
  const auto spanning = [&](const std::string& x, const std::string& more = "") {
    const std::string shown = R"({ "x": "percent", "y": "best_accuracy")" + more + " }";
    return picture_of({folder("a", head + "A,1,1,0,9," + x + ",0.5,\nA,1,1,0,9,100,0.6,\n", shown)}).log_x;
  };
  EXPECT_TRUE(spanning("0.99"));
  EXPECT_FALSE(spanning("1"));
  EXPECT_FALSE(spanning("0"));
  EXPECT_FALSE(spanning("-3"));
  EXPECT_FALSE(spanning("0.01", R"(, "log_x": false)"));
  EXPECT_TRUE(spanning("50", R"(, "log_x": true)"));
  EXPECT_TRUE(spanning("50", R"(, "marks": [ { "x": 0.5, "y": 0.5, "label": "" } ])"));
  EXPECT_FALSE(spanning("0.01", R"(, "marks": [ { "x": 0, "y": 0.5, "label": "" } ])"));
  const auto wide = folder("b", head + "A,1,1,0,9,0.01,0.5,\n" + direct, "");
  EXPECT_TRUE(picture_of({wide}).log_x);
  EXPECT_FALSE(picture_of({wide}, {false, std::nullopt}).log_x) << "--x linear";
}

TEST_F(Plot, TheTitleSaysWhatIsShown) {
  const auto shown = [&](const std::vector<About>& all) {
    Heading heading;
    for (const About& about : all) heading.add(about, dir_, "");
    return heading.title() + " | " + heading.subtitle({"note", ""});
  };
  EXPECT_EQ(shown({{"file", "Genes", "Paper"}}), "Genes | Paper; note");
  EXPECT_EQ(shown({{"file", "T", std::string(100, 's')}}), "T | " + std::string(59, 's') + "\u2026; note");
  EXPECT_EQ(shown({{"file", "", "Paper"}}), "Paper | note");
  EXPECT_EQ(shown({{"file", "", ""}}), "file | note");
  EXPECT_EQ(shown({{"a", "A", "Paper"}, {"b", "B", "Paper"}}), "A, B | Paper; note");
  EXPECT_EQ(shown({{"a", "A", "Paper"}, {"b", "B", ""}}), "A, B | note");
  EXPECT_EQ(shown({{"a", "", "One"}, {"b", "", "Two"}}), "One, Two | note");
}

TEST_F(Plot, WhatIsNotFinishedSaysSoFirst) {
  const auto a = folder("a", head + sgem), b = folder("b", head + sgem);
  write_file(a / "runs.csv", "variant,replica,status\nA,0,done\nA,1,running\nA,2,diverged\nA,3,running\n");
  write_file(b / "runs.csv", "variant,replica,status\nrunning,0,done\n");
  EXPECT_EQ(picture_of({a}).subtitle, "not finished: 2 of 4 runs; Paper, Fig. 2");
  expect_parts(picture_of({b, a}).subtitle, {"a: not finished: 2 of 4 runs; Paper"});
  EXPECT_EQ(picture_of({b}).subtitle.find("not finished"), std::string::npos);
}

TEST_F(Plot, TextIsNoAxisEvenIfItLooksLikeNumbers) {
  const std::string rows = "1e3,1,2,0,9,3,0.5,\n1e4,1,2,0,9,3,0.6,\n";
  for (const char* column : {"variant", "status"}) {
    const auto at =
        folder("a", head + rows, R"({ "x": ")" + std::string(column) + R"(", "y": "best_accuracy" })");
    expect_parts(message([&] { picture_of({at}); }), {column, "text", "needs numbers"});
  }
  EXPECT_EQ(labels(picture_of({folder("b", head + rows)})), (std::vector<std::string>{"1e3", "1e4"}));
}

Picture with_many_series(int count) {
  Picture picture;
  picture.title = std::string(500, 'T');
  for (int i = 0; i < count; ++i)
    picture.series.push_back({"a name that is much too long for a legend, number " + std::to_string(i),
                              {{1.0 + i, 10}, {2.0 + i, 20}},
                              false});
  return picture;
}

TEST(PlotGeometry, ALegendEndsAfterTwentyNamesAndThePictureDoesNotGrow) {
  const Picture picture = with_many_series(1000);
  EXPECT_EQ(geometry_of(picture).height, geometry_of(with_many_series(1)).height);
  const std::string script = gnuplot_script(picture, PictureFormat::svg);
  expect_parts(script, {"number 19\"", "title \"and 980 more\"", "\n1000 10 0\n1001 20 0\nEND"});
  EXPECT_EQ(script.find("number 20\""), script.npos);
  EXPECT_EQ(gnuplot_script(with_many_series(20), PictureFormat::svg).find(" more"), script.npos);
  expect_parts(gnuplot_script(with_many_series(21), PictureFormat::svg), {"\"and 1 more\""});
  EXPECT_EQ(script.find(std::string(longest_title, 'T')), script.npos);
}

TEST(PlotGeometry, ABandThatReachesZeroEndsAtTheFrameOfALogarithmicAxis) {
  Picture picture;
  picture.log_y = true;
  picture.series = {{"A", {{1, 10, 20}, {2, 100, 5}}, false}};
  const Geometry geometry = geometry_of(picture);
  EXPECT_GT(geometry.y.low, 0);
  EXPECT_LT(geometry.y.low, 10);
  EXPECT_GE(geometry.y.high, 105);
  const std::string script = gnuplot_script(picture, PictureFormat::svg);
  expect_parts(script, {"set logscale y 10", "with filledcurves"});
}

TEST(PlotGeometry, LogarithmicTicks) {
  EXPECT_EQ(logarithmic_tick_values({0.9, 60}), (std::vector<double>{1, 2, 5, 10, 20, 50}));
  EXPECT_EQ(logarithmic_tick_values({0.5, 20000}), (std::vector<double>{1, 10, 100, 1000, 10000}));
  EXPECT_LE(logarithmic_tick_values({1e-100, 1e102}).size(), 13U);
  EXPECT_EQ(logarithmic_tick_values({71, 94}), (std::vector<double>{75, 80, 85, 90}));
}

TEST(PlotCanvas, WeightsAreSharesOfTheirScale) {
  const WeightImages two{"two pixels", 1, 2, 1, {"a", "b"}, {0.5f, -1, 0.25f, 1}};
  const std::string script = weights_picture("title", "", {two}).script(PictureFormat::png);
  expect_parts(script, {"\"two pixels\"", "\"a\"", "\"b\"", "with rgbimage"});
  EXPECT_EQ(script, weights_picture("title", "", {two}).script(PictureFormat::png));
  WeightImages bad = two;
  bad.weights[2] = INFINITY;
  expect_parts(message([&] { weights_picture("", "", {bad}); }), {"two pixels", "not finite"});
  expect_parts(message([&] { weights_picture("", "", {}); }), {"no weights"});
  expect_parts(message([&] { weights_picture("", "", std::vector<WeightImages>(25, two)); }),
               {"25 networks", "at most 24", "--variant"});
}

TEST(PlotCanvas, ImagesArePixelsOfTheirColours) {
  Canvas canvas(100, 50);
  canvas.image({0, 0, 98, 48}, 1, 2, {0.5f, -1});  // every number as 48 x 48 pixels
  ASSERT_EQ(canvas.pixels().size(), 48U * 96 * 3);
  EXPECT_EQ(canvas.pixels().substr(0, 3), "\xF4\xA5\x82");
  EXPECT_EQ(canvas.pixels().substr(47 * 3, 6), "\xF4\xA5\x82\x21\x66\xAC");
  expect_parts(canvas.script(PictureFormat::png),
               {"'-' binary array=(96,48) flipy", "origin=(0.5104,0.5000)"});
}

TEST(PlotCanvas, ManyClassesFitOnAPictureOfBoundedHeight) {
  WeightImages network{"omni", 2, 2, 1, {}, std::vector<float>(4 * 3000, 1)};
  for (int i = 0; i < 3000; ++i) network.outputs.push_back("c" + std::to_string(i));
  const std::string script = weights_picture("", "", {network}).script(PictureFormat::svg);
  expect_parts(script, {"\"omni (the first 920 of 3000 classes)\"", "\"c919\"", "size 1200,11885"});
  EXPECT_EQ(script.find("\"c920\""), script.npos);
  const std::string many =
      weights_picture("", "", std::vector<WeightImages>(24, network)).script(PictureFormat::svg);
  expect_parts(many, {"(the first 30 of 3000 classes)"});
}

TEST(PlotCanvas, ColoursHaveImagesOfTheirOwn) {
  const WeightImages colours{"c", 1, 1, 3, {"a"}, {0.5f, -1, 0.25f}};
  expect_parts(weights_picture("", "", {colours}).script(PictureFormat::svg),
               {"\"red\"", "\"green\"", "\"blue\""});
}

TEST(PlotCanvas, GenesGoFromRingsToDiscs) {
  const GenePath path{0, {{0, -0.5, 0.5, 0.2}, {10, 0, 0, 0.3}, {20, NAN, 0, 1}}};
  const std::string script = genes_picture("t", "s", {{"panel", {path}}}).script(PictureFormat::png);
  expect_parts(script, {"\"panel\"", "steps 0 to 20", "circle at first"});
  // 640 pixels for -1 to 1, from 62 on: the column 0.5 is at 542; the last finite place is in the middle.
  expect_parts(script, {"circle at first 542.00", "circle at first 382.00"});
  expect_parts(message([&] { genes_picture("", "", {}); }), {"no genes"});
}

TEST(PlotWords, AxesSayWhatAndInWhichUnit) {
  EXPECT_EQ(axis_words("within_logits"), "distance to the mean of the class, logits");
  EXPECT_EQ(axis_words("between_hidden_0"), "distance between means of classes, hidden 0");
  EXPECT_EQ(axis_words("best_accuracy"), "best test accuracy, %");
  EXPECT_EQ(axis_words("final_train_accuracy"), "final train accuracy, %");
  EXPECT_EQ(axis_words("genome_parameters"), "parameters of the genome");
  EXPECT_EQ(axis_words("genome.genes"), "genes");
  EXPECT_EQ(axis_factor("best_accuracy"), 100);
  EXPECT_EQ(axis_factor("percent"), 1);
}

TEST(PlotWords, PrintableTextIsShortValidUtf8) {
  EXPECT_EQ(printable("plain \xC3\xA9 \xF0\x9F\x98\x80", 20), "plain \xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(printable("a\nb\tc\x7F\xC2\x85", 20), "a b c  ");
  EXPECT_EQ(printable("\xFF\xC3(\xED\xA0\x80\xC0\xAF", 20), std::string(2, '?') + "(" + std::string(5, '?'));
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcde\xE2\x80\xA6");
  EXPECT_EQ(printable("\xC3\xA9\xC3\xA9\xC3\xA9", 2), "\xC3\xA9\xE2\x80\xA6");
  EXPECT_EQ(printable("", 2), "");
}

TEST(PlotFonts, WhatNoFontHasIsOneMark) {
  const CharacterSpans some =
      listed_characters("TrueType 20-7e a0-2ff 25a1\nType 1 3040-9fff\nCFF 300-36f x\n \n");
  EXPECT_EQ(some, (CharacterSpans{{0x20, 0x7E}, {0xA0, 0x36F}, {0x25A1, 0x25A1}}));
  EXPECT_EQ(with_marks("a \u65E5\u672C\u8A9E, \u00E9\u65E5", some), "a \u25A1, \u00E9\u25A1");
  EXPECT_EQ(with_marks("\u65E5", {{0x20, 0x7E}}), "?");
  EXPECT_EQ(with_marks("\u65E5\u672C", {}), "\u65E5\u672C") << "nothing is known of fonts";
  EXPECT_EQ(with_marks("\u65E5\uFE0F\u672Cx\n", some), "\u25A1x\n");
}

// ---- Where labels stand ----

bool inside(const Box& box, Pixel p) {
  return p.x > box.left && p.x < box.right && p.y > box.bottom && p.y < box.top;
}

TEST(PlotLabels, CoverNoLineNoSymbolAndNoOtherLabel) {
  const Box frame{100, 80, 1000, 650};
  LabelPlacement placement(frame);
  const Pixel a{110, 300}, b{900, 310}, symbol{500, 320};
  placement.avoid_line(a, b);
  for (int i = 0; i < 4; ++i) placement.avoid_labelled_symbol(symbol);
  std::vector<Box> boxes;
  for (int i = 0; i < 4; ++i) {
    std::optional<Leader> leader;
    const Pixel start = placement.beside_symbol(symbol, {120, 20}, leader);
    const Box box{start.x, start.y - 10, start.x + 120, start.y + 10};
    EXPECT_GE(box.left, frame.left);
    EXPECT_LE(box.right, frame.right);
    EXPECT_FALSE(inside(box, symbol));
    for (double x = a.x; x < b.x; ++x) EXPECT_FALSE(inside(box, {x, 300 + 10 * (x - a.x) / (b.x - a.x)}));
    for (const auto& other : boxes)
      EXPECT_FALSE(box.left < other.right && other.left < box.right && box.bottom < other.top &&
                   other.bottom < box.top);
    boxes.push_back(box);
  }
}

TEST(PlotLabels, ALabelThatStandsAwayHasALeaderAndStaysInTheFrame) {
  LabelPlacement placement({100, 80, 1000, 650});
  for (double y = 250; y < 360; y += 4) placement.avoid_line({100, y}, {350, y});
  const Pixel symbol{130, 300};
  placement.avoid_labelled_symbol(symbol);
  std::optional<Leader> leader;
  const Pixel start = placement.beside_symbol(symbol, {200, 20}, leader);
  EXPECT_TRUE(leader.has_value());
  EXPECT_GT(start.x, 100);
}

// ---- What gnuplot is told, and what comes out ----

TEST_F(Plot, TheScriptIsDeterministicAndDrawsEverySeries) {
  const Picture picture = picture_of({folder("a", head + sgem + direct)});
  const std::string script = gnuplot_script(picture, PictureFormat::png);
  EXPECT_EQ(script, gnuplot_script(picture, PictureFormat::png));
  expect_parts(script,
               {"set terminal pngcairo noenhanced", "$series0 << END\n2 70 1\n9.5 85", "title \"S-GEM\"",
                "dashtype", "\"direct (at x = 100)\"", "\"paper\"", "pointtype 2"});
  EXPECT_EQ(script.find("title \"direct\""), script.npos);
}

TEST(PlotScript, QuotingLeavesNothingForGnuplotToInterpret) {
  EXPECT_EQ(gnuplot_quoted("S-GEM (26), 2 %"), "\"S-GEM (26), 2 %\"");
  EXPECT_EQ(gnuplot_quoted("\"\\`@'\n$"), "\"\\042\\134\\140\\100\\047\\012\\044\"");
}

TEST_F(Plot, WritesBothPicturesAndTheSameBytesTwice) {
  if (!has_gnuplot()) GTEST_SKIP() << "no gnuplot";
  const auto at = folder("a", head + sgem + gem + direct);
  plot({at}, at / "curve.v2");
  const std::string svg = read_file(at / "curve.v2.svg"), png = read_file(at / "curve.v2.png");
  EXPECT_TRUE(png.starts_with("\x89PNG"));
  expect_parts(svg, {"<svg", "S-GEM", "best test accuracy, %", "paper", "rgb(  0, 114, 178)"});
  plot({at}, at / "curve.v2");
  EXPECT_EQ(read_file(at / "curve.v2.svg"), svg);
  EXPECT_EQ(read_file(at / "curve.v2.png"), png);
  for (const auto& entry : fs::directory_iterator(at)) EXPECT_FALSE(is_temporary(entry.path()));
}

// Sets variables and puts back what they were.
class Surroundings {
 public:
  explicit Surroundings(const std::vector<std::pair<std::string, std::string>>& variables) {
    for (const auto& [name, value] : variables) {
      const char* before = std::getenv(name.c_str());
      before_.emplace_back(name, before ? std::optional<std::string>(before) : std::nullopt);
      ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  Surroundings(const Surroundings&) = delete;
  ~Surroundings() {
    for (const auto& [name, value] : before_)
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

TEST_F(Plot, NothingInTheEnvironmentChangesAPicture) {
  if (!has_gnuplot()) GTEST_SKIP() << "no gnuplot";
  const auto at = folder("a", head + sgem + gem + direct);
  plot({at}, at / "plain");
  const Surroundings hostile({{"GNUTERM", "x11"},
                              {"GNUPLOT_LIB", "/nowhere"},
                              {"GNUPLOT_DEFAULT_GDFONT", "none"},
                              {"GDFONTPATH", "/nowhere"},
                              {"LC_ALL", "de_DE.UTF-8"},
                              {"LC_NUMERIC", "de_DE.UTF-8"},
                              {"LANG", "C"},
                              {"FC_DEBUG", "1"},
                              {"PANGO_LANGUAGE", "ja"},
                              {"FONTCONFIG_HERE", "kept"}});
  const auto given = drawing_environment();
  const auto has = [&](const std::string& word) {
    return std::find(given.begin(), given.end(), word) != given.end();
  };
  EXPECT_TRUE(has("LC_ALL=C.UTF-8") && has("FONTCONFIG_HERE=kept"));
  EXPECT_FALSE(has("GNUTERM=x11") || has("FC_DEBUG=1") || has("LC_ALL=de_DE.UTF-8"));
  plot({at}, at / "hostile");
  for (const std::string ending : {".svg", ".png"})
    EXPECT_EQ(read_file(at / ("hostile" + ending)), read_file(at / ("plain" + ending)));
}

TEST_F(Plot, TheSvgKeepsWhatThePngCannotDraw) {
  if (!has_gnuplot()) GTEST_SKIP() << "no gnuplot";
  const std::string rare = "\xF0\x93\x80\x80\xF0\x93\x80\x81";  // hieroglyphs
  const auto a = folder("a", head + sgem, figure, "x" + rare),
             b = folder("b", head + sgem, figure, "x\u25A1");
  plot({a}, a / "curve");
  plot({b}, b / "curve");
  expect_parts(read_file(a / "curve.svg"), {"x" + rare});
  if (with_marks(rare, drawable_characters()) != "\u25A1") GTEST_SKIP() << "a font here has hieroglyphs";
  EXPECT_EQ(read_file(a / "curve.png"), read_file(b / "curve.png"));
}

TEST_F(Plot, NamesThatLookLikeCommandsAreShownAsTheyAre) {
  if (!has_gnuplot()) GTEST_SKIP() << "no gnuplot";
  const fs::path before = fs::current_path();
  fs::current_path(dir_);  // where a command that is obeyed would leave its file
  const std::string names = "\"o'hara \\ @x `touch trap` <b>\",1,1,0,9,3,0.5,\n'''\\,1,1,0,9,4,0.6,\n";
  const std::string marks =
      R"({ "x": "percent", "y": "best_accuracy", "marks": [ { "x": 3, "y": 0.55, "label": "'q' \"w\" {/Bold x}_2 \\n & `id` é" } ] })";
  const auto at = folder("a", head + names, marks, "it's_\\\\ {a}^2 \\\"x\\\"");
  plot({at}, at / "curve");
  fs::current_path(before);
  EXPECT_FALSE(fs::exists(dir_ / "trap"));
  expect_parts(read_file(at / "curve.svg"),
               {"o'hara \\ @x `touch", "&lt;b>", "'q' \"w\" {/Bold x}_2 \\n &amp; `id` \xC3\xA9",
                "it's_\\ {a}^2 \"x\""});
}

TEST_F(Plot, OddDataCanBeDrawn) {
  if (!has_gnuplot()) GTEST_SKIP() << "no gnuplot";
  const std::string logarithmic = R"({ "x": "percent", "y": "best_accuracy", "log_x": true })";
  std::string many = head;
  for (int i = 0; i < 40; ++i)
    many += "variant number " + std::to_string(i) + ",1,1,0,9," + std::to_string(i) + ",0.5,\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {head + direct, figure},                                                     // one point
      {head + direct, R"({ "x": "percent", "y": "best_accuracy" })"},              // and no mark
      {head + "A,1,1,0,9,0,0,\n", R"({ "x": "percent", "y": "best_accuracy" })"},  // at the origin
      {head + "A,1,1,0,9,-5,1,\nA,1,1,0,9,-4,1,0.2\n", R"({ "x": "percent", "y": "best_accuracy" })"},
      {head + direct, logarithmic},
      {head + "A,1,1,0,9,0.00001,0.1,\nA,1,1,0,9,50,0.9,\n" + direct, logarithmic},
      {head + sgem + "A,1,1,0,9,99,1,0.5\n" + direct, figure},
      {many, figure},
      {head + "A,1,1,0,9,1e99,0.1,\nA,1,1,0,9,-1e99,0.9,\n", R"({ "x": "percent", "y": "best_accuracy" })"},
      {head + "A,1,1,0,9,1e-99,0.1,1e300\nA,1,1,0,9,1e99,1e99,1e99\n", logarithmic},
      {head + "A,1,1,0,9,1,0.5,\nA,1,1,0,9,1.000000000000001,0.5,\n", logarithmic},
      {head + ",1,1,0,9,1,0.5,\n \xFF,1,1,0,9,2,0.5,\n", figure},
      {head + "A,1,1,0,9,3,0.5,nan\nA,1,1,0,9,3,0.6,inf\nA,1,1,0,9,3,0.6,-1\n", figure}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto at = folder("case" + std::to_string(i), cases[i].first, cases[i].second);
    SCOPED_TRACE(i);
    EXPECT_NO_THROW(plot({at}, at / "curve"));
    const std::string drawn = read_file(at / "curve.svg");
    EXPECT_NE(drawn.find("</svg>"), std::string::npos);
    for (const char* wrong : {"nan", "inf,", "inf\""})
      EXPECT_EQ(drawn.find(wrong), std::string::npos) << wrong;
  }
}

class PlotWithoutGnuplot : public Plot {
 protected:
  void SetUp() override {
    const char* path = std::getenv("PATH");
    before_ = path ? path : "";
    ::setenv("PATH", dir_.c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", before_.c_str(), 1); }
  void pretend(const std::string& script) const {
    write_file(dir_ / "gnuplot", "#!/bin/sh\n" + script + "\n");
    ::chmod((dir_ / "gnuplot").c_str(), 0755);
  }
  std::string before_;
};

TEST_F(PlotWithoutGnuplot, SaysWhatToInstall) {
  expect_parts(message([&] { run_gnuplot("plot x"); }),
               {"cannot start gnuplot", "apt-get install gnuplot-nox"});
}

TEST_F(PlotWithoutGnuplot, AFailureIsToldInItsOwnWords) {
  pretend("echo 'line 3: no such terminal' >&2; exit 2");
  expect_parts(message([&] { run_gnuplot("x"); }),
               {"exit status 2", "line 3: no such terminal", "gnuplot-nox"});
  pretend("kill -9 $$");
  expect_parts(message([&] { run_gnuplot("x"); }), {"ended by signal 9"});
  pretend("exit 0");
  expect_parts(message([&] { run_gnuplot("x"); }), {"it wrote nothing"});
}

TEST_F(PlotWithoutGnuplot, AProgramThatDoesNotReadItsInputRaisesNoSignal) {
  pretend("echo done");
  EXPECT_EQ(run_gnuplot(std::string(1 << 22, 'x')), "done\n");
}

TEST_F(PlotWithoutGnuplot, ACutOffPictureReplacesNothing) {
  const auto at = folder("a", head + sgem);
  write_file(at / "curve.svg", "old");
  pretend("echo '<svg'");
  expect_parts(message([&] { plot({at}, at / "curve"); }), {"cut off"});
  EXPECT_EQ(read_file(at / "curve.svg"), "old");
}

}  // namespace
}  // namespace innate::host
