#include "benchmarks/products.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "benchmarks/peaks.h"
#if defined(INNATE_OPENBLAS)
#include <cblas.h>
#include <sys/wait.h>
#include <unistd.h>
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

constexpr const char *kCoreType = "OPENBLAS_CORETYPE", *kTrial = "INNATE_OPENBLAS_TRIAL";

/// GFLOP/s of one core, the best of a few.
double sgemm_rate() {
  constexpr std::int64_t n = 384;
  const std::vector<float> a(n * n, 1.0f);
  std::vector<float> c(n * n);
  double best = 0;
  for (int i = 0; i < 6; ++i) {
    const auto began = std::chrono::steady_clock::now();
    multiply_openblas(1, {n, n, n, a.data(), a.data(), c.data()});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    best = std::max(best, 2e-9 * n * n * n / took.count());
  }
  return best;
}

/// The same with a core type ("": none is named), in a process of its own; 0 where that cannot run.
double sgemm_rate_with(const char* core_type) {
  int ends[2];
  if (pipe(ends) != 0) return 0;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    setenv(kTrial, "1", 1);
    if (*core_type) setenv(kCoreType, core_type, 1);
    execl("/proc/self/exe", "trial", nullptr);
    _exit(127);
  }
  close(ends[1]);
  char text[64] = {};
  const ssize_t got = read(ends[0], text, sizeof text - 1);
  close(ends[0]);
  int status = 1;
  if (child > 0) waitpid(child, &status, 0);
  return got > 0 && status == 0 ? std::strtod(text, nullptr) : 0;
}

/// This program once more, with the same arguments; returns where that fails.
void run_anew() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string line{std::istreambuf_iterator<char>(file), {}};
  std::vector<char*> arguments;
  for (std::size_t at = 0; at < line.size(); at += std::char_traits<char>::length(&line[at]) + 1)
    arguments.push_back(&line[at]);
  arguments.push_back(nullptr);
  execv("/proc/self/exe", arguments.data());
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
    std::string reason = "it gives wrong products";
    try {
      if (is_right(peer)) {
        right.push_back(peer);
        continue;
      }
    } catch (const Error& error) {
      reason = error.what();
    }
    std::fprintf(stderr, "%s: its rows are left out: %s\n", peer.name.c_str(), reason.c_str());
  }
  return right;
}

void use_fastest_openblas() {
#if defined(INNATE_OPENBLAS)
  if (std::getenv(kTrial)) {
    std::printf("%.3f\n", sgemm_rate());
    std::fflush(stdout);
    std::_Exit(0);
  }
  if (!std::getenv(kCoreType) && announces(Backend::cpu)) {
    const char* best = "";
    double rate = sgemm_rate_with(best);
    for (const char* core_type : {"Haswell", "Zen", "SkylakeX", "Cooperlake"})
      if (const double own = sgemm_rate_with(core_type); own > 1.05 * rate) best = core_type, rate = own;
    if (*best) {
      setenv(kCoreType, best, 1);
      run_anew();
    }
  }
  benchmark::AddCustomContext("OpenBLAS", std::string("kernels of ") + openblas_get_corename());
#endif
}

void multiply(const Context& context, Peer peer, int replicas, const Product& product) {
  if (peer == Peer::openblas) return multiply_openblas(replicas, product);
  if constexpr (kHaveCuda)
    return peer == Peer::cublas ? multiply_cublas(context, replicas, product)
                                : multiply_naive(context, replicas, product);
  static_cast<void>(context);
}

}  // namespace innate::benchmarks
