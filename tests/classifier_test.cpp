// Classifier (innate/kernels/classifier.h).
#include "innate/kernels/classifier.h"

#include "kernels/core/given.h"
#include "tests/cases/classifier_cases.h"
#include "tests/reference/classifier.h"
#include "tests/support/room.h"

namespace innate::test {
namespace {

struct Problem {
  int rows = 0, classes = 0;
  Sets<float> logits;
  Sets<uint8_t> labels;
  bool dlogits = true, loss = true, correct = true;
  bool in_place = false;  // dlogits over logits
  bool add = false;       // to a loss of 0.5 and 7 correct

  std::size_t replicas() const { return logits.size(); }
};

Problem problem(const cases::Classifier& c) {
  Problem p;
  p.rows = c.rows, p.classes = c.classes;
  for (std::size_t r = 0; r < static_cast<std::size_t>(c.replicas); ++r) {
    p.logits.push_back(normals(50 * r + 1, c.rows * c.classes, 3.0));
    p.labels.emplace_back();
    for (int i = 0; i < c.rows; ++i) {
      // about half of the answers are right
      const auto first = p.logits[r].begin() + i * c.classes;
      const auto best = std::max_element(first, first + c.classes) - first;
      const uint64_t draw = random::mix(1000 * r + static_cast<uint64_t>(i));
      p.labels[r].push_back(static_cast<uint8_t>(
          draw & 1 ? best : static_cast<int64_t>((draw >> 8) % static_cast<uint64_t>(c.classes))));
    }
  }
  return p;
}

Problem alone(const Problem& p, std::size_t r) {
  Problem one = p;
  one.logits = {p.logits[r]}, one.labels = {p.labels[r]};
  return one;
}

Results run(Context& context, const Problem& p) {
  const Arrays<float> logits(context, p.logits, true);
  const Arrays<uint8_t> labels(context, p.labels);
  const std::vector<int64_t> ones(p.replicas(), 1);
  const auto gradient = Arrays<float>::blank(context, std::vector<int64_t>(p.replicas(), p.rows * p.classes));
  const Arrays<float> loss(context, Sets<float>(p.replicas(), {p.add ? 0.5f : std::nanf("")}));
  const Arrays<int32_t> correct(context, Sets<int32_t>(p.replicas(), {p.add ? 7 : -1}), true);
  classifier::Outputs outputs;
  if (p.dlogits) outputs.dlogits = p.in_place ? logits.view() : gradient.view();
  if (p.loss) outputs.loss = loss.view();
  if (p.correct) outputs.correct = correct.view();
  outputs.add = p.add;
  classifier::cross_entropy(context, {static_cast<int>(p.replicas()), p.rows, p.classes}, logits.in(),
                            labels.in(), outputs);
  Results results;
  if (p.dlogits) results.push_back({"dlogits", (p.in_place ? logits : gradient).download()});
  if (!p.dlogits) gradient.expect_blank("dlogits");
  if (!p.dlogits || !p.in_place)
    expect_bits_equal(logits.download(), p.logits, "logits, which are only read");
  if (p.loss) results.push_back({"loss", loss.download()});
  if (p.correct) results.push_back({"correct", as_floats(correct.download())});
  return results;
}

template <class Real>
Exact reference_of(const Problem& p) {
  using namespace reference;
  Exact out = {{"dlogits", {}}, {"loss", {}}, {"correct", {}}};
  for (std::size_t r = 0; r < p.replicas(); ++r) {
    const auto one = reference::classifier::cross_entropy(
        Matrix<Real>(p.rows, p.classes, as<Real>(p.logits[r])), p.labels[r]);
    out[0].second.push_back(result(one.dlogits.data));
    out[1].second.push_back({static_cast<double>(one.loss)});
    out[2].second.push_back({static_cast<double>(one.correct)});
  }
  return out;
}

class Classifier : public testing::TestWithParam<On<cases::Classifier>> {
 protected:
  const cases::Classifier& shape() const { return GetParam().it; }
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Classifier, testing::ValuesIn(on_backends(cases::classifier())), OnName());

TEST_P(Classifier, CountsExactly) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape());
  p.dlogits = p.loss = false;
  Exact expected = {reference_of<double>(p)[2]};
  double sum = 0;
  for (const auto& set : expected[0].second) sum += set[0];
  EXPECT_TRUE(shape().rows <= 16 || sum < shape().rows * shape().replicas) << "the case proves nothing";
  expect_exact(run(context, p), expected);
}

TEST_P(Classifier, IsAsCloseAsTheNaiveLoop) {
  INNATE_SKIP_WITHOUT(backend());
  if (shape().classes == 1) GTEST_SKIP() << "all is 0: see OneClass";
  Problem p = problem(shape());
  p.correct = false;
  Exact exact = reference_of<reference::Measure>(p), naive = reference_of<reference::Naive>(p);
  exact.pop_back(), naive.pop_back();
  expect_close(backend(), p, run, exact, naive);
}

TEST_P(Classifier, GivesAReplicaTheSameBitsInAnyCompany) {
  INNATE_SKIP_WITHOUT(backend());
  const Problem p = problem(shape());
  expect_same_bits(backend(), p, p.replicas(), run, alone);
  expect_one_result(backend(), p, run);
}

TEST_P(Classifier, WritesOnlyWhatIsAskedForAndInPlace) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape());
  const Results all = run(context, p);
  for (int asked = 0; asked < 8; ++asked) {
    p.dlogits = asked & 1, p.loss = asked & 2, p.correct = asked & 4;
    Results expected;
    for (std::size_t i = 0; i < 3; ++i)
      if (asked & (1 << i)) expected.push_back(all[i]);
    for (const bool in_place : {false, true}) {
      p.in_place = in_place;
      expect_bits_equal(run(context, p), expected, "outputs " + std::to_string(asked) + " of 7");
    }
  }
}

TEST_P(Classifier, AddsToLossAndCount) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext context(backend());
  Problem p = problem(shape());
  Results expected = run(context, p);
  for (auto& loss : expected[1].second) loss[0] = 0.5f + loss[0];
  for (auto& correct : expected[2].second) correct[0] += 7;
  p.add = true;
  expect_bits_equal(run(context, p), expected, "added");
}

TEST_P(Classifier, KeepsNansToTheirReplica) {
  INNATE_SKIP_WITHOUT(backend());
  Problem p = problem(shape());
  if (p.replicas() < 2) GTEST_SKIP() << "there are no neighbours";
  p.correct = false;
  expect_neighbours_unharmed(backend(), p, p.replicas(), 1, run, [](Problem& q, std::size_t r) {
    for (float& z : q.logits[r]) z = std::nanf("");
  });
}

class ClassifierRows : public testing::TestWithParam<On<NoCase>> {
 protected:
  /// One replica of these rows.
  Results of(const std::vector<std::vector<float>>& rows, const std::vector<uint8_t>& labels) {
    TestContext context(GetParam().backend);
    Problem p;
    p.rows = static_cast<int>(rows.size());
    p.classes = static_cast<int>(rows[0].size());
    p.labels = {labels};
    p.logits.emplace_back();
    for (const auto& row : rows) p.logits[0].insert(p.logits[0].end(), row.begin(), row.end());
    return run(context, p);
  }
  static float loss(const Results& r) { return r[1].second[0][0]; }
  static float correct(const Results& r) { return r[2].second[0][0]; }
  static const std::vector<float>& gradient(const Results& r) { return r[0].second[0]; }
};
INSTANTIATE_TEST_SUITE_P(, ClassifierRows, testing::ValuesIn(each_backend()), OnName());

TEST_P(ClassifierRows, OneClass) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  const Results r = of({{5}, {-1e30f}}, {0, 0});
  EXPECT_EQ(loss(r), 0.0f);
  EXPECT_EQ(correct(r), 2.0f);
  EXPECT_EQ(gradient(r), (std::vector<float>{0, 0}));
}

TEST_P(ClassifierRows, OfEqualLogitsTheFirstCounts) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  const Results r = of({{1, 1, 1, 1}, {1, 1, 1, 1}, {0, 2, 2, 1}, {0, 2, 2, 1}}, {0, 1, 1, 2});
  EXPECT_EQ(correct(r), 2.0f);
  const double two = 2 * std::exp(2.0) + 1 + std::exp(1.0);
  EXPECT_NEAR(loss(r), (2 * std::log(4.0) + 2 * std::log(two / std::exp(2.0))) / 4, 1e-6);
  const std::vector<float> first(gradient(r).begin(), gradient(r).begin() + 4);
  EXPECT_EQ(first, (std::vector<float>{-0.1875f, 0.0625f, 0.0625f, 0.0625f}));
}

TEST_P(ClassifierRows, HugeLogitsDoNotOverflow) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  const float huge = 3e38f;
  const Results r = of({{huge, -huge, 0}, {-huge, -huge, -huge}, {1e30f, 1e30f, -1e30f}}, {0, 2, 1});
  EXPECT_NEAR(loss(r), (0 + std::log(3.0) + std::log(2.0)) / 3, 1e-6);
  EXPECT_EQ(correct(r), 1.0f);
  const std::vector<float> expected = {0, 0, 0, 1.0f / 9, 1.0f / 9, -2.0f / 9, 1.0f / 6, -1.0f / 6, 0};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(gradient(r)[i], expected[i], 1e-7) << i;
  // a certain wrong answer costs the distance of the logits
  EXPECT_EQ(loss(of({{1000, 0}}, {1})), 1000.0f);
  EXPECT_EQ(loss(of({{2e38f, -1e38f}}, {1})), 3e38f);
}

TEST_P(ClassifierRows, ALabelOutOfRangeIsWrongAndSpoilsTheLossOnly) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  if (inspecting()) GTEST_SKIP() << "with INNATE_CHECK such a label is an Error";
  const std::vector<std::vector<float>> rows = {{1, 2, 3}, {3, 1, 0}, {0, 0, 0}};
  const Results good = of(rows, {2, 0, 1});
  for (const uint8_t label : {uint8_t{3}, uint8_t{200}, uint8_t{255}}) {
    const Results bad = of(rows, {2, 0, label});
    EXPECT_TRUE(std::isnan(loss(bad))) << int(label);
    EXPECT_EQ(correct(bad), 2.0f) << int(label);
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_EQ(gradient(bad)[i], gradient(good)[i]) << "rows with good labels";
  }
}

TEST_P(ClassifierRows, NanIsNeverCorrect) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  const float nan = std::nanf("");
  for (const auto& row :
       std::vector<std::vector<float>>{{nan, 1, 2}, {1, nan, 2}, {1, 2, nan}, {nan, nan, nan}})
    for (const uint8_t label : {uint8_t{0}, uint8_t{1}, uint8_t{2}}) {
      const Results r = of({row, {0, 5, 1}}, {label, 1});
      EXPECT_EQ(correct(r), 1.0f) << "only the other row";
      EXPECT_TRUE(std::isnan(loss(r)));
      EXPECT_TRUE(std::isnan(gradient(r)[0]) && std::isnan(gradient(r)[1]) && std::isnan(gradient(r)[2]));
      EXPECT_TRUE(std::isfinite(gradient(r)[3]) && std::isfinite(gradient(r)[5]));
    }
}

TEST_P(ClassifierRows, GiveProbabilitiesAndPredictions) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const float nan = std::nanf(""), huge = 3e38f;
  const Arrays<float> logits(context, Sets<float>{{0, 0, 0, 0, 1e30f, -huge, huge, 0, huge},
                                                  {1, nan, 2, -1, 2, 2, std::log(2.0f), 0, 0}});
  const auto probabilities = Arrays<float>::blank(context, {9, 9});
  const auto predictions = Arrays<int32_t>::blank(context, {3, 3});
  const classifier::Shape shape{2, 3, 3};
  classifier::predict(context, shape, logits.in(), probabilities.view(), predictions.view());
  EXPECT_EQ(predictions.download(), (Sets<int32_t>{{0, 1, 0}, {-1, 1, 0}})) << "of equal ones the first";
  const Sets<float> p = probabilities.download();
  const std::vector<float> first = {1.0f / 3, 1.0f / 3, 1.0f / 3, 0, 1, 0, 0.5f, 0, 0.5f};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(p[0][i], first[i], 1e-7f) << i;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(p[1][i])) << i;
  EXPECT_NEAR(p[1][3], std::exp(-3.0) / (2 + std::exp(-3.0)), 1e-7);
  EXPECT_EQ(p[1][4], p[1][5]);
  EXPECT_NEAR(p[1][6], 0.5, 1e-7);

  const auto alone = Arrays<int32_t>::blank(context, {3, 3});
  classifier::predict(context, shape, logits.in(), {}, alone.view());
  EXPECT_EQ(alone.download(), predictions.download());
  classifier::predict(context, shape, logits.in(), logits.view(), {});  // in the place of the logits
  expect_bits_equal(logits.download(), p, "probabilities in place");
}

TEST_P(ClassifierRows, SayWhatIsWrongAndWriteNothing) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext guarded(GetParam().backend);
  Context& context = guarded;
  const Problem p = problem({"", true, 2, 3, 4});
  const Arrays<float> logits(context, p.logits);
  const Arrays<uint8_t> labels(context, p.labels);
  const auto gradient = Arrays<float>::blank(context, {12, 12}), loss = Arrays<float>::blank(context, {1, 1});
  const auto correct = Arrays<int32_t>::blank(context, {1, 1});
  const classifier::Outputs outputs{gradient.view(), loss.view(), correct.view()};
  const auto say = [&](classifier::Shape shape, Ragged<const float> z, Ragged<const uint8_t> l) {
    return error_of([&] { classifier::cross_entropy(context, shape, z, l, outputs); });
  };
  EXPECT_EQ(say({0, 3, 4}, logits.in(), labels.in()),
            "classifier/cross_entropy: replicas is 0, must be at least 1");
  EXPECT_EQ(say({2, -3, 4}, logits.in(), labels.in()),
            "classifier/cross_entropy: rows is -3, must be at least 1");
  EXPECT_EQ(say({2, 3, 0}, logits.in(), labels.in()),
            "classifier/cross_entropy: classes is 0, must be 1 to 256");
  EXPECT_EQ(say({2, 3, 257}, logits.in(), labels.in()),
            "classifier/cross_entropy: classes is 257, must be 1 to 256");
  EXPECT_EQ(say({2, 3, 4}, {}, labels.in()), "classifier/cross_entropy: logits is null");
  EXPECT_EQ(say({2, 3, 4}, logits.in(), {}), "classifier/cross_entropy: labels is null");
  gradient.expect_blank("dlogits");
  loss.expect_blank("loss");
  correct.expect_blank("correct");
}

}  // namespace
}  // namespace innate::test
