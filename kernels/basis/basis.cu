// Basis on CUDA. Where R has to be made, a strip of it is made and used up, all replicas in a launch each.
#include "kernels/basis/basis.cuh"
#include "kernels/core/entry_products.cuh"

namespace innate::basis::cuda {

namespace {

constexpr int kThreads = 128;

/// Keeps the `number`th product, with the making of its R where it is walked in strips.
struct Pick {
  int number, at = 0;
  int64_t extent = 0, width = 0;  // 0: no strips
  Fill fill{};
  gemm::Product product{};

  INNATE_HD void operator()(const gemm::Product& one) {
    if (at++ == number) product = one;
  }
  INNATE_HD void operator()(const gemm::RowSum&) {}
  INNATE_HD void strips(int64_t e, int64_t w, const Fill& f, const gemm::Product& p) {
    if (at++ != number) return;
    extent = e, width = w, fill = f, product = p;
  }
  INNATE_HD int64_t count() const { return extent ? (extent + width - 1) / width : 1; }
  /// To the `strip`th strip; false: there are fewer.
  INNATE_HD bool cut(int64_t strip) {
    if (strip >= count()) return false;
    if (!extent) return true;
    const int64_t first = strip * width, size = smaller(width, extent - first);
    fill = strip_of(fill, first, size);
    product = gemm::strip_of(product, first, size);
    return true;
  }
};

/// A visitor that a room's forward and backward may copy.
template <class Picked>
struct Into {
  Picked& picked;
  template <class One>
  INNATE_HD void operator()(const One& one) const {
    picked(one);
  }
  INNATE_HD void strips(int64_t extent, int64_t width, const Fill& fill, const gemm::Product& product) const {
    if constexpr (std::is_same_v<Picked, Pick>) picked.strips(extent, width, fill, product);
  }
};

struct Source {
  Calls calls;
  gemm::Orders orders;
  bool backward;
  int first, number;
  int64_t strip;

  template <class Picked>
  INNATE_HD void pick(int replica, bool sizes, Picked& picked) const {
    const Call call = calls.of(first + replica, static_cast<Order>(orders[replica]), sizes);
    if (backward)
      basis::backward(call, Into<Picked>{picked});
    else
      basis::forward(call, Into<Picked>{picked});
  }
};
struct PieceSource : Source {
  __device__ Fill operator()(int replica) const {
    Pick picked{number};
    pick(replica, false, picked);
    return picked.extent && picked.cut(strip) ? picked.fill : Fill{};
  }
};
struct ProductSource : Source {
  __device__ gemm::Product operator()(int replica) const {
    Pick picked{number};
    pick(replica, false, picked);
    return picked.cut(strip) ? picked.product : gemm::Product{};
  }
};
struct SumSource : Source {
  __device__ gemm::RowSum operator()(int replica) const {
    gemm::Pick<gemm::RowSum> picked{0};
    pick(replica, false, picked);
    return picked.found;
  }
};

/// The `number`th product of all replicas, strip after strip; false: none has one.
bool run_products(cudaStream_t stream, int replicas, int distinct, Source source) {
  int64_t strips = 1;
  for (source.strip = 0; source.strip < strips; ++source.strip) {
    int64_t tiles = 0, numbers = 0;
    for (int i = 0; i < distinct; ++i) {
      Pick picked{source.number};
      source.pick(i, true, picked);
      strips = larger(strips, picked.count());
      if (!picked.cut(source.strip)) continue;
      tiles = larger(tiles, gemm::Tiles::count(picked.product.m, picked.product.n));
      if (picked.extent) numbers = larger(numbers, picked.fill.lines * ceil_div(picked.fill.columns, 4));
    }
    if (tiles == 0) return false;
    if (numbers > 0) each_element<MakePiece<kThreads>>(stream, replicas, numbers, PieceSource{source});
    each<gemm::Tiles>(stream, replicas, tiles, ProductSource{source});
  }
  return true;
}

void run(Context& context, const Calls& calls, bool backward) {
  const int replicas = calls.shape.replicas;
  for (int first = 0; first < replicas; first += gemm::Orders::kReplicas) {
    const int count = static_cast<int>(smaller(gemm::Orders::kReplicas, replicas - first));
    Source source{calls, {}, backward, first, 0, 0};
    for (int i = 0; i < count; ++i)
      source.orders.set(
          i, static_cast<int>(cheapest(calls.shape, calls.shape.vectors.of(first + i), calls.training)));
    if (backward && calls.dbias)
      each_element<gemm::SumRows<64>>(stream_of(context), count, calls.shape.outputs, SumSource{source});
    const int distinct = calls.shape.vectors.host ? count : 1;
    while (run_products(stream_of(context), count, distinct, source)) ++source.number;
  }
}

}  // namespace

void fill(Context& context, const FillCalls& calls) {
  each_element<MakePiece<kThreads>>(stream_of(context), calls.replicas,
                                    ceil_div(calls.lines.most * calls.columns.most, 4), calls);
}

void forward(Context& context, const Calls& calls) { run(context, calls, false); }
void backward(Context& context, const Calls& calls) { run(context, calls, true); }

void combine(Context& context, const CombinationCalls& calls) {
  each_element<Combine<kThreads>>(stream_of(context), calls.shape.replicas,
                                  ceil_div(calls.shape.weights, kWide), calls);
}

void combine_backward(Context& context, const CombinationCalls& calls) {
  each_element<CombineBackward<kThreads>>(stream_of(context), calls.shape.replicas,
                                          calls.shape.numbers.most * 4, calls);
}

}  // namespace innate::basis::cuda
