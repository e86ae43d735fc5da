// Weights as combinations of fixed random numbers R: W = s R P applied to pixels, and theta = s c R, each
// with R stored and with R made anew; beside the same products by a matrix library, which needs R stored.
#include "innate/kernels/basis.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

constexpr int kRows = 64;
constexpr std::int64_t kIn = 784, kOut = 10;

/// R of all replicas where it is stored, and their seeds.
class Held {
 public:
  Held(Context& context, int replicas, std::int64_t lines, std::int64_t columns, bool stored)
      : seeds_(context, count(replicas)), columns_(lines * columns) {
    if (!stored) return;
    r_ = Buffer<float>::of_size(context, static_cast<std::size_t>(replicas * columns_));
    basis::fill(context, replicas, {lines, nullptr, nullptr}, {columns, nullptr, nullptr}, seeds_.data(),
                {r_.data(), columns_, nullptr});
  }
  basis::Numbers numbers() const {
    if (r_.size() == 0) return {{}, seeds_.data()};
    return {{r_.data(), columns_, nullptr}, nullptr};
  }

 private:
  static std::vector<std::uint64_t> count(int replicas) {
    std::vector<std::uint64_t> seeds(static_cast<std::size_t>(replicas));
    std::iota(seeds.begin(), seeds.end(), 1u);
    return seeds;
  }
  Buffer<std::uint64_t> seeds_;
  Buffer<float> r_;
  std::int64_t columns_;
};

/// A training step's forward and backward, (A R) P and (A R)^T dy: pixels, R and P are read, y and dP
/// written.
void product(benchmark::State& state, Backend backend, bool lists, bool stored, int replicas,
             std::int64_t vectors) {
  Context context = make_context(backend);
  const Held r(context, replicas, kIn, vectors, stored);
  Normals p(context, replicas, vectors * kOut), dp(context, replicas, vectors * kOut),
      y(context, replicas, kRows * kOut);
  const Batches a(context, replicas, kRows, kIn, 0.19, lists);
  const basis::ProductShape shape{
      replicas, kRows, static_cast<int>(kIn), static_cast<int>(kOut), {vectors, nullptr, nullptr}, 0.19};
  const auto workspace =
      Buffer<unsigned char>::of_size(context, basis::workspace_bytes(context, shape, stored, true));
  const double v = static_cast<double>(vectors), rows = kRows, in = kIn, out = kOut, count = replicas;
  const Task task{count * 2 * (0.19 * rows * in * v + 2 * rows * v * out),
                  count * (rows * in + (stored ? 4 * in * v : 0) + 4 * v * out),
                  count * 4 * (v * out + rows * out), std::int64_t{replicas} * kRows};
  measure(state, context, task, [&] {
    basis::forward(context, shape, a.inputs(), r.numbers(), p.view(), nullptr, {}, y.view(), true,
                   workspace.data(), workspace.size());
    basis::backward(context, shape, a.inputs(), r.numbers(), nullptr, y.view(), dp.view(), {},
                    workspace.data(), workspace.size());
  });
}

/// theta = s c R and dc = s R dtheta: R is read by each.
void combination(benchmark::State& state, Backend backend, bool stored, int replicas, std::int64_t numbers) {
  Context context = make_context(backend);
  const std::int64_t weights = kIn * kOut;
  const Held r(context, replicas, numbers, weights, stored);
  Normals c(context, replicas, numbers), dc(context, replicas, numbers), theta(context, replicas, weights);
  const basis::CombinationShape shape{replicas, {numbers, nullptr, nullptr}, weights};
  const double n = static_cast<double>(numbers), w = static_cast<double>(weights), count = replicas;
  const Task task{count * 4 * n * w, count * (stored ? 2 * 4 * n * w : 0) + count * 4 * (n + w),
                  count * 4 * (n + w), replicas};
  measure(state, context, task, [&] {
    basis::combine(context, shape, r.numbers(), c.view(), nullptr, theta.view());
    basis::combine_backward(context, shape, r.numbers(), nullptr, theta.view(), dc.view());
  });
}

void fill(benchmark::State& state, Backend backend, int replicas) {
  Context context = make_context(backend);
  const std::int64_t lines = 78, columns = kIn * kOut;
  const Held r(context, replicas, 1, 1, false);
  Normals to(context, replicas, lines * columns);
  const double numbers = static_cast<double>(replicas * lines * columns);
  measure(state, context, {numbers * 30, 0, 4 * numbers, replicas * lines * columns},
          [&] {  // 20 multiplications of Philox and 20 operations of the quantile, for a quarter and for one
            basis::fill(context, replicas, {lines, nullptr, nullptr}, {columns, nullptr, nullptr},
                        r.numbers().seeds, to.view());
          });
}

/// The products alone, on floats: (A R), its product with P, and (A R)^T dy; or c R and R dtheta.
void products(benchmark::State& state, Backend backend, Peer peer, int replicas, std::int64_t size,
              bool combines) {
  Context context = make_context(backend);
  const std::int64_t weights = kIn * kOut;
  const double n = static_cast<double>(size), count = replicas, rows = kRows, in = kIn, out = kOut;
  state.SetLabel("on floats");
  if (combines) {
    Normals r(context, replicas, size * weights), c(context, replicas, size),
        theta(context, replicas, weights);
    const Product forward{1, weights, size, c.data(), r.data(), theta.data()},
        backward{size, 1, weights, r.data(), theta.data(), c.data()};
    const double w = static_cast<double>(weights);
    return measure(state, context,
                   {count * 4 * n * w, count * (8 * n * w + 4 * (n + w)), count * 4 * (n + w), replicas},
                   [&] {
                     multiply(context, peer, replicas, forward);
                     multiply(context, peer, replicas, backward);
                   });
  }
  Normals r(context, replicas, kIn * size), p(context, replicas, size * kOut),
      y(context, replicas, kRows * kOut), features(context, replicas, kRows * size);
  Buffer<float> a(context, as_floats(pixels(replicas * kRows * kIn, 0.19)));
  const Product first{kRows, size, kIn, a.data(), r.data(), features.data()},
      second{kRows, kOut, size, features.data(), p.data(), y.data()},
      third{size, kOut, kRows, features.data(), y.data(), p.data(), true, false};
  const Task task{count * 2 * (0.19 * rows * in * n + 2 * rows * n * out),
                  count * (rows * in + 4 * in * n + 4 * n * out), count * 4 * (n * out + rows * out),
                  std::int64_t{replicas} * kRows};
  measure(state, context, task, [&] {
    multiply(context, peer, replicas, first);
    multiply(context, peer, replicas, second);
    multiply(context, peer, replicas, third);
  });
}

}  // namespace

void add_rows() {
  constexpr int kReplicas = 10;
  std::vector<Contestant> all = contestants();
  all.push_back({"cpu-lists", Backend::cpu, {}, true});
  const std::string shape = "/10x784x10/";
  for (const Contestant& who : all) {
    for (const std::int64_t vectors : {78, 400})
      for (const bool stored : {true, false})
        add_row("basis/product/" + std::string(who.name) + (stored ? "" : "-made") + shape + "B" +
                    std::to_string(vectors),
                product, who.backend, who.lists, stored, kReplicas, vectors);
    if (who.lists) continue;
    for (const std::int64_t numbers : {100, 1000})
      for (const bool stored : {true, false})
        add_row("basis/combination/" + std::string(who.name) + (stored ? "" : "-made") + shape + "n" +
                    std::to_string(numbers),
                combination, who.backend, stored, kReplicas, numbers);
    add_row("basis/fill/" + std::string(who.name) + shape + "n78", fill, who.backend, kReplicas);
  }
  for (const Contestant& who : peers()) {
    for (const std::int64_t vectors : {78, 400})
      add_row("basis/product/" + std::string(who.name) + shape + "B" + std::to_string(vectors), products,
              who.backend, *who.peer, kReplicas, vectors, false);
    for (const std::int64_t numbers : {100, 1000})
      add_row("basis/combination/" + std::string(who.name) + shape + "n" + std::to_string(numbers), products,
              who.backend, *who.peer, kReplicas, numbers, true);
  }
}

}  // namespace innate::benchmarks
