// CUDA graphs: every public entry can be captured on a caller's stream, and the graph, launched twice, gives
// the bits of calling the entry twice.
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "innate/kernels/activation.h"
#include "innate/kernels/apply.h"
#include "innate/kernels/basis.h"
#include "innate/kernels/batch.h"
#include "innate/kernels/classifier.h"
#include "innate/kernels/dense.h"
#include "innate/kernels/dropout.h"
#include "innate/kernels/expression.h"
#include "innate/kernels/field.h"
#include "innate/kernels/identities.h"
#include "innate/kernels/optimizer.h"
#include "innate/kernels/pooling.h"
#include "innate/kernels/wiring.h"
#include "tests/support/arrays.h"
#include "tests/support/backends.h"

#if INNATE_CUDA
#include <cuda_runtime.h>
#endif

namespace innate::test {
namespace {

/// What an entry works on: made in a context's memory, filled with numbers that are always the same.
class Desk {
 public:
  static constexpr int kReplicas = 3;

  explicit Desk(Context& made) : context(made) {}

  /// `each` elements for every replica.
  Ragged<float> floats(int64_t each) {
    return {write(normals(++seed_, kReplicas * each, 0.3)), each, nullptr};
  }
  /// Not negative, such as Adam's second moment.
  Ragged<float> squares(int64_t each) {
    std::vector<float> numbers = normals(++seed_, kReplicas * each, 0.1);
    for (float& x : numbers) x *= x;
    return {write(numbers), each, nullptr};
  }
  template <class T>
  Ragged<T> blank(int64_t each) {
    return {write(std::vector<T>(static_cast<std::size_t>(kReplicas * each))), each, nullptr};
  }
  /// Whole numbers from 0 to below `end`; one array.
  template <class T>
  T* below(int end, int64_t count) {
    std::vector<T> numbers(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<T>(random::mix(i) % static_cast<uint64_t>(end));
    return write(numbers);
  }
  Extents extents(std::vector<int64_t> each) {
    hosts_.push_back(each);
    return {*std::max_element(each.begin(), each.end()), hosts_.back().data(), write(each)};
  }
  /// Kept out of `read`.
  void* workspace(std::size_t bytes) {
    workspaces_.push_back(Buffer<unsigned char>::of_size(context, bytes));
    return workspaces_.back().data();
  }

  /// All arrays, byte for byte.
  std::vector<std::vector<unsigned char>> read() const {
    std::vector<std::vector<unsigned char>> all;
    for (const auto& array : arrays_) all.push_back(array.download());
    return all;
  }

  Context& context;

 private:
  template <class T>
  T* write(const std::vector<T>& numbers) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(numbers.data());
    arrays_.emplace_back(context, std::vector<unsigned char>(bytes, bytes + numbers.size() * sizeof(T)));
    return reinterpret_cast<T*>(arrays_.back().data());
  }

  uint64_t seed_ = 0;
  std::deque<Buffer<unsigned char>> arrays_, workspaces_;
  std::deque<std::vector<int64_t>> hosts_;
};

using Call = std::function<void()>;

/// One public entry; `prepare` lays out what it works on and returns the call, which writes so many arrays.
struct Entry {
  const char* name;
  int writes;
  std::function<Call(Desk&)> prepare;
};

// Sizes around those of the kernels' tiles; gene counts that take all orders of apply, and more shared memory
// than a kernel gets unasked.
constexpr int kRows = 70, kHeight = 13, kWidth = 11, kInputs = kHeight * kWidth, kOutputs = 10, kMost = 129;

Extents genes(Desk& d) { return d.extents({kMost, 5, 33}); }

Call wire(Desk& d, bool back, bool threshold, bool add = false) {
  Context& c = d.context;
  const wiring::Shape shape{d.kReplicas, kInputs, kOutputs, genes(d)};
  const auto x = d.floats(kInputs * kMost), o = d.floats(kMost * kMost), y = d.floats(kOutputs * kMost);
  const auto w = d.floats(kInputs * kOutputs), dx = d.floats(kInputs * kMost), d_o = d.floats(kMost * kMost),
             dy = d.floats(kOutputs * kMost);
  const float* scale = d.floats(1).data;
  const std::size_t size = wiring::workspace_bytes(c, shape);
  void* workspace = d.workspace(size);
  return [=, &c] {
    if (back)
      wiring::backward(c, shape, x, o, y, scale, w, dx, d_o, dy, workspace, size, add);
    else
      wiring::forward(c, shape, x, o, y, scale, w, workspace, size, {threshold});
  };
}

/// Forward with `training`, and where `back`, backward after it, which uses up what forward kept.
Call apply_it(Desk& d, bool back, bool pixels, bool add = false) {
  Context& c = d.context;
  const apply::Shape shape{d.kReplicas, kRows, kInputs, kOutputs, genes(d)};
  const auto x = d.floats(kInputs * kMost), o = d.floats(kMost * kMost), y = d.floats(kOutputs * kMost);
  const apply::Factors factors{x, o, y, d.floats(1).data, d.floats(kOutputs)};
  const apply::Gradients gradients{d.floats(kInputs * kMost),  d.floats(kMost * kMost),
                                   d.floats(kOutputs * kMost), d.floats(kOutputs),
                                   d.floats(kRows * kInputs),  add};
  Inputs inputs;
  if (pixels)
    inputs.pixels = {d.below<uint8_t>(256, kRows * kInputs), 0, nullptr};
  else
    inputs.values = d.floats(kRows * kInputs);
  const auto out = d.floats(kRows * kOutputs), dout = d.floats(kRows * kOutputs);
  const std::size_t size = apply::workspace_bytes(c, shape, true);
  void* workspace = d.workspace(size);
  return [=, &c] {
    apply::forward(c, shape, inputs, factors, out, true, workspace, size);
    if (back) apply::backward(c, shape, inputs, factors, dout, gradients, workspace, size);
  };
}

Call dense_it(Desk& d, bool back, bool add = false) {
  Context& c = d.context;
  const dense::Shape shape{d.kReplicas, kRows, kInputs, kOutputs};
  Inputs inputs;
  inputs.rows = {d.below<uint32_t>(20, kRows), 0, nullptr};
  inputs.images = d.below<uint8_t>(256, 20 * kInputs);
  const auto w = d.floats(kInputs * kOutputs), bias = d.floats(kOutputs), y = d.floats(kRows * kOutputs);
  const dense::Gradients gradients{d.floats(kInputs * kOutputs), d.floats(kOutputs), {}, add};
  const std::size_t size = dense::workspace_bytes(c, shape);
  void* workspace = d.workspace(size);
  return [=, &c] {
    if (back)
      dense::backward(c, shape, inputs, w, y, gradients, workspace, size);
    else
      dense::forward(c, shape, inputs, w, bias, y);
  };
}

constexpr int kChannels = 2, kColumns = kChannels * kMost;

/// Two colour channels.
struct Places {
  explicit Places(Desk& d)
      : shape{d.kReplicas, kHeight, kWidth, kChannels, genes(d)},
        places(d.floats(3 * kColumns)),
        u(d.floats(kHeight * kColumns)),
        v(d.floats(kWidth * kColumns)),
        x(d.floats(kInputs * kColumns)),
        other_u(d.floats(kHeight * kColumns)),
        other_v(d.floats(kWidth * kColumns)) {}
  expression::Shape shape;
  Ragged<float> places, u, v, x, other_u, other_v;
};

Call identify(Desk& d, bool back, expression::Profile profile, bool add = false) {
  const expression::IdentityShape shape{d.kReplicas, kHeight, kWidth, kChannels, 3, genes(d), profile, true};
  const auto places = d.floats(6 * kMost), x = d.floats(kInputs * kColumns), dplaces = d.floats(6 * kMost);
  return [=, &c = d.context] {
    if (back)
      expression::identities_backward(c, shape, places, x, dplaces, add);
    else
      expression::identities(c, shape, places, x);
  };
}

Call pool(Desk& d, bool back, pooling::Function function, bool add = false) {
  const pooling::Shape shape{d.kReplicas, kHeight, kWidth, kChannels, genes(d), {function, 2, 3}};
  const auto in = d.floats(kInputs * kColumns), din = d.floats(kInputs * kColumns);
  const auto out = d.floats(kHeight / 2 * (kWidth / 3) * kColumns);
  return [=, &c = d.context] {
    if (back)
      pooling::backward(c, shape, in, out, din, add);
    else
      pooling::forward(c, shape, in, out);
  };
}

enum class FieldEntry { weights, outputs, inputs };

Call fields(Desk& d, FieldEntry entry, bool shared = false) {
  const field::Shape shape{d.kReplicas, {kHeight, kWidth, kChannels, 3, 1, 1, 5}, 4, shared};
  const field::Geometry& g = shape.geometry;
  const auto t = d.floats(g.in_neurons() * 4), u = d.floats(g.out_neurons() * 4),
             m = d.floats(g.places() * g.weights() * g.outputs), sums = d.floats(g.out_neurons()),
             bias = d.floats(g.outputs);
  return [=, &c = d.context] {
    if (entry == FieldEntry::weights) field::weights(c, shape, t, u, {}, m, sums);
    if (entry == FieldEntry::outputs) field::outputs(c, shape, m, t, {}, bias, u);
    if (entry == FieldEntry::inputs) field::inputs(c, shape, m, u, {}, t);
  };
}

/// R, or the seeds from which it is made.
basis::Numbers numbers(Desk& d, bool stored, int64_t each) {
  if (stored) return {d.floats(each), nullptr};
  return {{}, d.below<uint64_t>(1000, d.kReplicas)};
}

/// `rows` choose the order of contraction: few rows take features first, many weights.
Call basis_it(Desk& d, bool back, bool stored, int rows) {
  Context& c = d.context;
  const basis::ProductShape shape{d.kReplicas, rows, kInputs, kOutputs, genes(d)};
  const basis::Numbers r = numbers(d, stored, kInputs * kMost);
  Inputs inputs;
  inputs.pixels = {d.below<uint8_t>(256, rows * kInputs), 0, nullptr};
  const auto p = d.floats(kMost * kOutputs), bias = d.floats(kOutputs), y = d.floats(rows * kOutputs);
  const auto dy = d.floats(rows * kOutputs), dp = d.floats(kMost * kOutputs), dbias = d.floats(kOutputs);
  const float* scale = d.floats(1).data;
  const std::size_t size = basis::workspace_bytes(c, shape, stored, true);
  void* workspace = d.workspace(size);
  return [=, &c] {
    basis::forward(c, shape, inputs, r, p, scale, bias, y, true, workspace, size);
    if (back) basis::backward(c, shape, inputs, r, scale, dy, dp, dbias, workspace, size);
  };
}

Call combine_it(Desk& d, bool back, bool stored) {
  const basis::CombinationShape shape{d.kReplicas, genes(d), kInputs * kOutputs};
  const basis::Numbers r = numbers(d, stored, kMost * shape.weights);
  const auto coefficients = d.floats(kMost), theta = d.floats(shape.weights);
  const float* scale = d.floats(1).data;
  return [=, &c = d.context] {
    if (back)
      basis::combine_backward(c, shape, r, scale, theta, coefficients);
    else
      basis::combine(c, shape, r, coefficients, scale, theta);
  };
}

const batch::Shape kBatch{Desk::kReplicas, kRows, kInputs, 2 * kRows};

/// Every entry of every room: a new one adds its row.
std::vector<Entry> entries() {
  return {
      {"wiring::forward", 1, [](Desk& d) { return wire(d, false, false); }},
      {"wiring::forward of a binary W", 1, [](Desk& d) { return wire(d, false, true); }},
      {"wiring::backward", 3, [](Desk& d) { return wire(d, true, false); }},
      {"wiring::backward that adds", 3, [](Desk& d) { return wire(d, true, false, true); }},
      {"apply::forward", 1, [](Desk& d) { return apply_it(d, false, false); }},
      {"apply::forward of pixels", 1, [](Desk& d) { return apply_it(d, false, true); }},
      {"apply::backward", 6, [](Desk& d) { return apply_it(d, true, false); }},
      {"apply::backward of pixels", 6, [](Desk& d) { return apply_it(d, true, true); }},
      {"apply::backward that adds", 6, [](Desk& d) { return apply_it(d, true, true, true); }},
      {"dense::forward", 1, [](Desk& d) { return dense_it(d, false); }},
      {"dense::backward", 2, [](Desk& d) { return dense_it(d, true); }},
      {"dense::backward that adds", 2, [](Desk& d) { return dense_it(d, true, true); }},
      {"basis::fill", 1,
       [](Desk& d) {
         const auto* seeds = d.below<uint64_t>(1000, d.kReplicas);
         const auto r = d.blank<float>(7 * kMost);
         return [=, &c = d.context, columns = genes(d)] {
           basis::fill(c, Desk::kReplicas, {7, nullptr, nullptr}, columns, seeds, r);
         };
       }},
      {"basis::forward", 1, [](Desk& d) { return basis_it(d, false, true, kRows); }},
      {"basis::forward with R made", 1, [](Desk& d) { return basis_it(d, false, false, kRows); }},
      {"basis::forward with R made, features first", 1, [](Desk& d) { return basis_it(d, false, false, 3); }},
      {"basis::backward", 3, [](Desk& d) { return basis_it(d, true, true, kRows); }},
      {"basis::backward with R made", 3, [](Desk& d) { return basis_it(d, true, false, kRows); }},
      {"basis::combine", 1, [](Desk& d) { return combine_it(d, false, true); }},
      {"basis::combine with R made", 1, [](Desk& d) { return combine_it(d, false, false); }},
      {"basis::combine_backward", 1, [](Desk& d) { return combine_it(d, true, true); }},
      {"basis::combine_backward with R made", 1, [](Desk& d) { return combine_it(d, true, false); }},
      {"expression::profiles", 2,
       [](Desk& d) {
         return [&c = d.context, p = Places(d)] { expression::profiles(c, p.shape, p.places, p.u, p.v); };
       }},
      {"expression::profiles_backward", 1,
       [](Desk& d) {
         return [&c = d.context, p = Places(d), out = d.floats(3 * kColumns)] {
           expression::profiles_backward(c, p.shape, p.places, p.u, p.v, p.other_u, p.other_v, out);
         };
       }},
      {"expression::expand", 1,
       [](Desk& d) {
         return [&c = d.context, p = Places(d)] { expression::expand(c, p.shape, p.u, p.v, p.x); };
       }},
      {"expression::expand_backward", 2,
       [](Desk& d) {
         return [&c = d.context, p = Places(d)] {
           expression::expand_backward(c, p.shape, p.u, p.v, p.x, p.other_u, p.other_v);
         };
       }},
      {"expression::identities", 1, [](Desk& d) { return identify(d, false, expression::Profile::ridge); }},
      {"expression::identities_backward", 1,
       [](Desk& d) { return identify(d, true, expression::Profile::gaussian); }},
      {"expression::identities_backward that adds", 1,
       [](Desk& d) { return identify(d, true, expression::Profile::bump, true); }},
      {"pooling::forward", 1, [](Desk& d) { return pool(d, false, pooling::Function::max); }},
      {"pooling::backward", 1, [](Desk& d) { return pool(d, true, pooling::Function::max); }},
      {"pooling::backward that adds", 1,
       [](Desk& d) { return pool(d, true, pooling::Function::average, true); }},
      {"field::weights", 2, [](Desk& d) { return fields(d, FieldEntry::weights); }},
      {"field::outputs", 1, [](Desk& d) { return fields(d, FieldEntry::outputs); }},
      {"field::outputs of shared weights", 1, [](Desk& d) { return fields(d, FieldEntry::outputs, true); }},
      {"field::inputs", 1, [](Desk& d) { return fields(d, FieldEntry::inputs); }},
      {"classifier::cross_entropy", 3,
       [](Desk& d) {
         const auto logits = d.floats(kRows * kOutputs), dlogits = d.floats(kRows * kOutputs);
         const Ragged<const uint8_t> labels{d.below<uint8_t>(kOutputs, kRows), 0, nullptr};
         const classifier::Outputs out{dlogits, d.floats(1), d.blank<int32_t>(1), true};
         return [=, &c = d.context] {
           classifier::cross_entropy(c, {Desk::kReplicas, kRows, kOutputs}, logits, labels, out);
         };
       }},
      {"classifier::predict", 2,
       [](Desk& d) {
         const auto logits = d.floats(kRows * kOutputs), probabilities = d.floats(kRows * kOutputs);
         const auto predictions = d.blank<int32_t>(kRows);
         return [=, &c = d.context] {
           classifier::predict(c, {Desk::kReplicas, kRows, kOutputs}, logits, probabilities, predictions);
         };
       }},
      {"activation::forward", 1,
       [](Desk& d) {
         const activation::Shape shape{d.kReplicas, genes(d), activation::Function::tanh};
         const auto y = d.floats(kMost);
         return [=, &c = d.context] { activation::forward(c, shape, y); };
       }},
      {"activation::backward", 1,
       [](Desk& d) {
         const activation::Shape shape{d.kReplicas, genes(d), activation::Function::relu};
         const auto y = d.floats(kMost), dy = d.floats(kMost);
         return [=, &c = d.context] { activation::backward(c, shape, y, dy); };
       }},
      {"dropout::apply", 1,
       [](Desk& d) {
         const dropout::Shape shape{d.kReplicas, genes(d), 0.5, 0};
         const auto in = d.floats(kMost), out = d.floats(kMost);
         const auto* seeds = d.below<uint64_t>(1000, d.kReplicas);
         const auto* steps = d.below<int64_t>(1000, d.kReplicas);
         return [=, &c = d.context] { dropout::apply(c, shape, seeds, steps, in, out); };
       }},
      {"optimizer::adam", 3,
       [](Desk& d) {
         const optimizer::Shape shape{d.kReplicas, genes(d)};
         const auto g = d.floats(kMost), m = d.floats(kMost), v = d.squares(kMost), p = d.floats(kMost);
         const float* rate = d.squares(1).data;
         return [=, &c = d.context] { optimizer::adam(c, shape, {}, rate, 7, g, m, v, p); };
       }},
      {"optimizer::sgd", 2,
       [](Desk& d) {
         const optimizer::Shape shape{d.kReplicas, genes(d)};
         const auto g = d.floats(kMost), m = d.floats(kMost), p = d.floats(kMost);
         const float* rate = d.squares(1).data;
         return [=, &c = d.context] { optimizer::sgd(c, shape, {0.9}, rate, g, m, p); };
       }},
      {"batch::gather", 2,
       [](Desk& d) {
         const auto* images = d.below<uint8_t>(256, kBatch.samples * kInputs);
         const auto* labels = d.below<uint8_t>(kOutputs, kBatch.samples);
         const auto* seeds = d.below<uint64_t>(1000, d.kReplicas);
         const auto out = d.blank<uint8_t>(kRows * kInputs), out_labels = d.blank<uint8_t>(kRows);
         return [=, &c = d.context] { batch::gather(c, kBatch, images, labels, seeds, 3, out, out_labels); };
       }},
      {"batch::choose", 2,
       [](Desk& d) {
         const auto* labels = d.below<uint8_t>(kOutputs, kBatch.samples);
         const auto* seeds = d.below<uint64_t>(1000, d.kReplicas);
         const auto rows = d.blank<uint32_t>(kRows);
         const auto out_labels = d.blank<uint8_t>(kRows);
         return [=, &c = d.context] { batch::choose(c, kBatch, labels, seeds, 3, rows, out_labels); };
       }},
      {"Context::copy and clear", 2,
       [](Desk& d) {
         const auto from = d.floats(kMost), to = d.floats(kMost), cleared = d.floats(kMost);
         return [=, &c = d.context] {
           c.copy(to.data, from.data, sizeof(float) * Desk::kReplicas * kMost);
           c.clear(cleared.data, sizeof(float) * kMost);
         };
       }},
  };
}

void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.name; }

class Graphs : public testing::TestWithParam<Entry> {};
INSTANTIATE_TEST_SUITE_P(, Graphs, testing::ValuesIn(entries()), [](const auto& info) {
  return std::regex_replace(info.param.name, std::regex("[^A-Za-z]+"), "_");
});

/// What the table holds works at all, where there is no device to capture it on.
TEST_P(Graphs, RunOnTheCpu) {
  Context context = Context::cpu(1);
  GuardMemory memory(context);
  context.set_memory(memory);
  Desk desk(context);
  const Call call = GetParam().prepare(desk);
  const auto before = desk.read();
  call();
  const auto after = desk.read();
  int written = 0;
  for (std::size_t i = 0; i < before.size(); ++i) written += after[i] != before[i];
  EXPECT_EQ(written, GetParam().writes);
  Desk same(context);
  GetParam().prepare(same)();
  EXPECT_TRUE(same.read() == after) << "the same call on the same numbers gives others";
}

#if INNATE_CUDA

struct CallersStream {
  CallersStream() { EXPECT_EQ(cudaStreamCreateWithFlags(&it, cudaStreamNonBlocking), cudaSuccess); }
  ~CallersStream() { cudaStreamDestroy(it); }
  cudaStream_t it = nullptr;
};

/// What a call on the stream does, as a graph; null where it cannot be captured.
cudaGraphExec_t capture(cudaStream_t stream, const Call& call) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  EXPECT_NO_THROW(call());
  const cudaError_t ended = cudaStreamEndCapture(stream, &graph);
  EXPECT_EQ(ended, cudaSuccess) << cudaGetErrorString(ended);
  if (ended == cudaSuccess) {
    EXPECT_EQ(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
    EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  }
  return executable;
}

TEST_P(Graphs, GiveTheBitsOfCalls) {
  INNATE_SKIP_WITHOUT(Backend::cuda);
  CallersStream stream;
  Context context = Context::cuda(0, stream.it);
  GuardMemory memory(context);
  context.set_memory(memory);

  Desk captured(context);  // before any direct call: nothing may have to be set up by one
  const Call call = GetParam().prepare(captured);
  const auto before = captured.read();
  const cudaGraphExec_t graph = capture(stream.it, call);
  ASSERT_NE(graph, nullptr);
  EXPECT_EQ(captured.read(), before) << "work was done while it was captured";
  for (int launch = 0; launch < 2; ++launch) EXPECT_EQ(cudaGraphLaunch(graph, stream.it), cudaSuccess);
  const auto by_graph = captured.read();
  EXPECT_EQ(cudaGraphExecDestroy(graph), cudaSuccess);

  Desk direct(context);
  const Call again = GetParam().prepare(direct);
  again();
  again();
  const auto by_calls = direct.read();
  ASSERT_EQ(by_graph.size(), by_calls.size());
  for (std::size_t i = 0; i < by_calls.size(); ++i)
    EXPECT_TRUE(by_graph[i] == by_calls[i]) << "array " << i << " differs";
  EXPECT_NE(by_calls, before) << "nothing was written";
}

#endif

TEST(GraphTable, HoldsEveryPublicEntry) {
  std::set<std::string> there;
  for (const Entry& entry : entries())
    there.insert(std::string(entry.name).substr(0, std::string(entry.name).find(' ')));
  const std::regex room("namespace innate::(\\w+)"), declared("\\b(?:void|Token) (\\w+)\\(Context& ");
  int found = 0;
  for (const auto& header : std::filesystem::directory_iterator(INNATE_KERNELS_HEADERS)) {
    std::string name, line;
    std::smatch match;
    for (std::ifstream in(header.path()); std::getline(in, line);) {
      if (std::regex_search(line, match, room)) name = match[1];
      if (!std::regex_search(line, match, declared)) continue;
      ++found;
      EXPECT_EQ(there.count(name + "::" + match[1].str()), 1u)
          << name << "::" << match[1] << " in " << header.path() << " has no row in tests/graph_test.cpp";
    }
  }
  EXPECT_GE(found, 14);
}

}  // namespace
}  // namespace innate::test
