// Lists of the pixels that are not 0 give the same bits as the pixels themselves.
#include <gtest/gtest.h>

#include <vector>

#include "innate/kernels/apply.h"
#include "innate/kernels/batch.h"
#include "innate/kernels/dense.h"
#include "innate/kernels/random.h"
#include "tests/support/backends.h"

namespace innate::test {
namespace {

struct Sizes {
  int rows, inputs, outputs, genes;
};

/// Crosses the edges of 16 lanes, of groups of 2 and 4 rows, of 64 columns, and of pieces of 1,024 pixels.
const Sizes kSizes[] = {{1, 1, 1, 1},      {5, 35, 3, 2},    {64, 784, 10, 9},
                        {7, 1030, 70, 16}, {9, 100, 33, 66}, {6, 2049, 10, 40}};

std::vector<std::uint8_t> images(int count, int pixels, double share) {
  std::vector<std::uint8_t> all(static_cast<std::size_t>(count) * static_cast<std::size_t>(pixels));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (random::uniform({3, random::Purpose::weights}, i) < share)
      all[i] = static_cast<std::uint8_t>(1 + random::mix(i) % 255);
  return all;
}

std::vector<float> normals(std::uint64_t seed, int count) {
  std::vector<float> all(static_cast<std::size_t>(count));
  random::fill_normal({seed, random::Purpose::expression}, 0, 1, all.data(), all.size());
  return all;
}

/// A set of images, two batches of it as pixels and as lists.
struct Data {
  Data(Context& context, const Sizes& s, double share) {
    constexpr int kReplicas = 2, kSet = 20;
    const auto set = images(kSet, s.inputs, share);
    std::vector<std::int64_t> start;
    std::vector<std::uint32_t> entries, rows;
    batch::list_pixels(set.data(), kSet, s.inputs, &start, &entries);
    std::vector<std::uint8_t> batches;
    for (int i = 0; i < kReplicas * s.rows; ++i) {
      const auto image = static_cast<std::uint32_t>(random::mix(static_cast<std::uint64_t>(i)) % kSet);
      rows.push_back(image);
      batches.insert(batches.end(), set.begin() + image * s.inputs, set.begin() + (image + 1) * s.inputs);
    }
    if (entries.empty()) entries.push_back(0);
    pixels = Buffer<std::uint8_t>(context, batches);
    starts = Buffer<std::int64_t>(context, start);
    all = Buffer<std::uint32_t>(context, entries);
    chosen = Buffer<std::uint32_t>(context, rows);
    as_pixels.pixels = {pixels.data(), static_cast<std::int64_t>(s.rows) * s.inputs, nullptr};
    as_lists.rows = {chosen.data(), s.rows, nullptr};
    as_lists.lists = {starts.data(), all.data()};
    whole = Buffer<std::uint8_t>(context, set);
    as_rows.rows = as_lists.rows;
    as_rows.images = whole.data();
    as_pixels.scale = as_lists.scale = as_rows.scale = 1.0f / 255.0f;
  }
  Buffer<std::uint8_t> pixels, whole;
  Buffer<std::int64_t> starts;
  Buffer<std::uint32_t> all, chosen;
  Inputs as_pixels, as_lists, as_rows;
};

TEST(PixelLists, DenseGivesTheSameBits) {
  auto context = make_context(Backend::cpu);
  for (const Sizes& s : kSizes)
    for (const double share : {0.0, 0.2, 1.0}) {
      SCOPED_TRACE(testing::Message()
                   << s.rows << "x" << s.inputs << "x" << s.outputs << ", share " << share);
      const Data data(context, s, share);
      const dense::Shape shape{2, s.rows, s.inputs, s.outputs};
      Buffer<float> w(context, normals(1, 2 * s.inputs * s.outputs)),
          dy(context, normals(2, 2 * s.rows * s.outputs));
      const Ragged<float> weights{w.data(), static_cast<std::int64_t>(s.inputs) * s.outputs, nullptr};
      const Ragged<float> gradient{dy.data(), static_cast<std::int64_t>(s.rows) * s.outputs, nullptr};
      auto workspace = Buffer<unsigned char>::of_size(context, dense::workspace_bytes(context, shape));
      std::vector<std::vector<float>> y, dw;
      for (const Inputs& inputs : {data.as_pixels, data.as_lists, data.as_rows}) {
        auto out = Buffer<float>::of_size(context, dy.size()),
             grad = Buffer<float>::of_size(context, w.size());
        dense::forward(context, shape, inputs, weights, {}, {out.data(), gradient.stride, nullptr});
        dense::backward(context, shape, inputs, weights, gradient,
                        {{grad.data(), weights.stride, nullptr}, {}, {}}, workspace.data(), workspace.size());
        y.push_back(out.download());
        dw.push_back(grad.download());
      }
      for (std::size_t form : {1, 2}) {
        EXPECT_EQ(y[0], y[form]);
        EXPECT_EQ(dw[0], dw[form]);
      }
    }
}

TEST(PixelLists, ApplyGivesTheSameBits) {
  auto context = make_context(Backend::cpu);
  for (const Sizes& s : kSizes)
    for (const double share : {0.0, 0.2, 1.0}) {
      SCOPED_TRACE(testing::Message() << s.rows << "x" << s.inputs << "x" << s.outputs << " G" << s.genes
                                      << ", share " << share);
      const Data data(context, s, share);
      const apply::Shape shape{2, s.rows, s.inputs, s.outputs, {s.genes, nullptr, nullptr}, 0.5};
      const std::int64_t in = s.inputs, out = s.outputs, g = s.genes;
      Buffer<float> x(context, normals(1, static_cast<int>(2 * in * g))),
          o(context, normals(2, static_cast<int>(2 * g * g)));
      Buffer<float> y(context, normals(3, static_cast<int>(2 * out * g))),
          dz(context, normals(4, static_cast<int>(2 * s.rows * out)));
      const apply::Factors factors{Ragged<float>{x.data(), in * g, nullptr},
                                   Ragged<float>{o.data(), g * g, nullptr},
                                   Ragged<float>{y.data(), out * g, nullptr},
                                   nullptr,
                                   {}};
      auto workspace = Buffer<unsigned char>::of_size(context, apply::workspace_bytes(context, shape, true));
      std::vector<std::vector<float>> found[3];
      for (const Inputs& inputs : {data.as_pixels, data.as_lists, data.as_rows}) {
        auto z = Buffer<float>::of_size(context, dz.size()), dx = Buffer<float>::of_size(context, x.size()),
             d_o = Buffer<float>::of_size(context, o.size());
        apply::forward(context, shape, inputs, factors, {z.data(), s.rows * out, nullptr}, true,
                       workspace.data(), workspace.size());
        apply::backward(context, shape, inputs, factors, Ragged<float>{dz.data(), s.rows * out, nullptr},
                        {{dx.data(), in * g, nullptr}, {d_o.data(), g * g, nullptr}, {}, {}, {}},
                        workspace.data(), workspace.size());
        found[0].push_back(z.download());
        found[1].push_back(dx.download());
        found[2].push_back(d_o.download());
      }
      for (const auto& forms : found)
        for (std::size_t form : {1, 2}) EXPECT_EQ(forms[0], forms[form]);
    }
}

class PixelListsOn : public testing::TestWithParam<On<NoCase>> {
 protected:
  void SetUp() override { INNATE_SKIP_WITHOUT(GetParam().backend); }
};
INSTANTIATE_TEST_SUITE_P(, PixelListsOn, testing::ValuesIn(each_backend()), OnName());

TEST_P(PixelListsOn, ChooseAndGatherSeeTheSameImages) {
  auto context = make_context(GetParam().backend);
  const batch::Shape shape{3, 7, 5, 50};
  const auto set = images(50, 5, 0.8);
  Buffer<std::uint8_t> pixels(context, set), labels(context, images(50, 1, 1.0));
  Buffer<std::uint64_t> seeds(context, std::vector<std::uint64_t>{1, 2, 3});
  const auto gathered = Buffer<std::uint8_t>::of_size(context, 3 * 7 * 5),
             its_labels = Buffer<std::uint8_t>::of_size(context, 3 * 7),
             chosen_labels = Buffer<std::uint8_t>::of_size(context, 3 * 7);
  const auto rows = Buffer<std::uint32_t>::of_size(context, 3 * 7);
  for (const std::int64_t step : {0, 6, 7, 1000}) {
    batch::gather(context, shape, pixels.data(), labels.data(), seeds.data(), step,
                  {gathered.data(), 35, nullptr}, {its_labels.data(), 7, nullptr});
    batch::choose(context, shape, labels.data(), seeds.data(), step, {rows.data(), 7, nullptr},
                  {chosen_labels.data(), 7, nullptr});
    EXPECT_EQ(its_labels.download(), chosen_labels.download());
    const auto images_seen = gathered.download();
    const auto places = rows.download();
    for (std::size_t i = 0; i < places.size(); ++i)
      for (std::size_t p = 0; p < 5; ++p) EXPECT_EQ(images_seen[5 * i + p], set[5 * places[i] + p]);
  }
}

/// Which may be all that the CPU has.
TEST_P(PixelListsOn, DevicesRefuseListsAlone) {
  if (GetParam().backend == Backend::cpu) GTEST_SKIP() << "the CPU may have nothing else";
  auto context = make_context(GetParam().backend);
  const Sizes s{5, 35, 3, 2};
  const Data data(context, s, 0.5);
  Buffer<float> w(context, normals(1, 2 * 35 * 3)), y(context, normals(2, 2 * 5 * 3));
  try {
    dense::forward(context, {2, 5, 35, 3}, data.as_lists, Ragged<float>{w.data(), 105, nullptr}, {},
                   {y.data(), 15, nullptr});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "dense/forward: inputs.rows needs inputs.images");
  }
}

TEST_P(PixelListsOn, RowsOfASetAreItsImages) {
  auto context = make_context(GetParam().backend);
  const Sizes s{37, 35, 3, 2};
  const Data data(context, s, 0.5);
  Buffer<float> w(context, normals(1, 2 * 35 * 3)), dy(context, normals(2, 2 * 37 * 3));
  auto workspace = Buffer<unsigned char>::of_size(context, dense::workspace_bytes(context, {2, 37, 35, 3}));
  std::vector<std::vector<float>> y, dw;
  for (const Inputs& inputs : {data.as_pixels, data.as_rows}) {
    auto out = Buffer<float>::of_size(context, dy.size()), grad = Buffer<float>::of_size(context, w.size());
    dense::forward(context, {2, 37, 35, 3}, inputs, Ragged<float>{w.data(), 105, nullptr}, {},
                   {out.data(), 111, nullptr});
    dense::backward(context, {2, 37, 35, 3}, inputs, Ragged<float>{w.data(), 105, nullptr},
                    Ragged<float>{dy.data(), 111, nullptr}, {{grad.data(), 105, nullptr}, {}, {}},
                    workspace.data(), workspace.size());
    y.push_back(out.download());
    dw.push_back(grad.download());
  }
  EXPECT_EQ(y[0], y[1]);
  EXPECT_EQ(dw[0], dw[1]);
}

TEST(PixelLists, ListsHoldPlaceAndPixel) {
  std::vector<std::int64_t> start;
  std::vector<std::uint32_t> entries;
  const std::uint8_t set[] = {0, 7, 0, 255, 0, 0, 0, 0, 1};
  batch::list_pixels(set, 3, 3, &start, &entries);
  EXPECT_EQ(start, (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(entries, (std::vector<std::uint32_t>{1 << 8 | 7, 0 << 8 | 255, 2 << 8 | 1}));
}

}  // namespace
}  // namespace innate::test
