#include "benchmarks/products.h"

#include <cstdio>

#include "benchmarks/peaks.h"
#if defined(INNATE_OPENBLAS)
#include <cblas.h>
#endif

namespace innate::benchmarks {

namespace {

#if defined(INNATE_OPENBLAS)
constexpr bool kHaveOpenblas = true;

void multiply_openblas(int replicas, const Product& p) {
  static const bool one_thread = [] { return openblas_set_num_threads(1), true; }();
  static_cast<void>(one_thread);
  const auto m = static_cast<blasint>(p.m), n = static_cast<blasint>(p.n), k = static_cast<blasint>(p.k);
  for (std::int64_t r = 0; r < replicas; ++r)
    cblas_sgemm(CblasRowMajor, p.transpose_a ? CblasTrans : CblasNoTrans,
                p.transpose_b ? CblasTrans : CblasNoTrans, m, n, k, 1.0f, p.a + r * p.m * p.k,
                p.transpose_a ? m : k, p.b + r * p.k * p.n, p.transpose_b ? k : n, 0.0f, p.c + r * p.m * p.n,
                n);
}
#else
constexpr bool kHaveOpenblas = false;
void multiply_openblas(int, const Product&) {}
#endif

/// Whole numbers, so that every right product has the same bits.
std::vector<float> whole_numbers(std::int64_t count, int step) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<int>(i * static_cast<std::size_t>(step) % 7) - 3);
  return values;
}

/// Whether the peer gives the products that it is timed for: a plain loop says what they are.
bool is_right(const Contestant& who) {
  constexpr std::int64_t m = 5, n = 3, k = 11;
  constexpr int replicas = 2;
  Context context = who.backend == Backend::cpu ? Context::cpu(1) : Context::cuda();
  const std::vector<float> a = whole_numbers(replicas * m * k, 5), b = whole_numbers(replicas * k * n, 3);
  const Buffer<float> on_a(context, a), on_b(context, b),
      on_c = Buffer<float>::of_size(context, replicas * m * n);
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      multiply(context, *who.peer, replicas, {m, n, k, on_a.data(), on_b.data(), on_c.data(), ta, tb});
      const std::vector<float> c = on_c.download();
      for (std::int64_t e = 0; e < replicas * m * n; ++e) {
        const std::int64_t r = e / (m * n), i = e / n % m, j = e % n;
        float sum = 0;
        for (std::int64_t p = 0; p < k; ++p)
          sum += a[static_cast<std::size_t>(r * m * k + (ta ? p * m + i : i * k + p))] *
                 b[static_cast<std::size_t>(r * k * n + (tb ? j * k + p : p * n + j))];
        if (c[static_cast<std::size_t>(e)] != sum) return false;
      }
    }
  return true;
}

}  // namespace

std::vector<Contestant> contestants() {
  std::vector<Contestant> all = {{"cpu", Backend::cpu, {}}};
  if (!cuda_devices().empty()) all.push_back({"cuda", Backend::cuda, {}});
  return all;
}

std::vector<Contestant> peers() {
  std::vector<Contestant> all, right;
  if (kHaveOpenblas) all.push_back({"cpu-openblas", Backend::cpu, Peer::openblas});
  if (!cuda_devices().empty()) {
    all.push_back({"cuda-cublas", Backend::cuda, Peer::cublas});
    all.push_back({"cuda-naive", Backend::cuda, Peer::naive});
  }
  for (const Contestant& peer : all) {
    if (is_right(peer))
      right.push_back(peer);
    else
      std::fprintf(stderr, "%s gives wrong products; its rows are left out\n", peer.name.c_str());
  }
  return right;
}

void multiply(const Context& context, Peer peer, int replicas, const Product& product) {
  if (peer == Peer::openblas) return multiply_openblas(replicas, product);
  if constexpr (kHaveCuda)
    return peer == Peer::cublas ? multiply_cublas(context, replicas, product)
                                : multiply_naive(context, replicas, product);
  static_cast<void>(context);
}

}  // namespace innate::benchmarks
