// Basis on CUDA, composed: the stages of call.h one launch after the other, all replicas in each. A replica
// whose order does not take a stage leaves its blocks at once.
#include "kernels/basis/basis.cuh"
#include "kernels/core/columns.cuh"
#include "kernels/core/gemm.cuh"

namespace innate::basis::cuda {

namespace {

constexpr int kThreads = 128;

/// Where R is made: which piece of it, counted from 0; a replica that has fewer pieces has nothing to do.
struct Turn {
  Stage stage;
  int64_t number;

  INNATE_HD bool has(const Replica& r) const {
    return r.order == order_of(stage) &&
           (stage == Stage::weights ? number * piece_lines(r) < r.inputs : number * kPanel < r.vectors);
  }
  INNATE_HD Piece piece(const Replica& r) const {
    return stage == Stage::weights ? lines_of(r, number * piece_lines(r)) : panel_of(r, number * kPanel);
  }
};

template <Stage stage>
struct Whole {
  Call call;
  __device__ gemm::Product operator()(int replica) const { return product(stage, call(replica)); }
};

template <Stage stage>
struct Part {
  Call call;
  Turn turn;
  __device__ gemm::Product operator()(int replica) const {
    const Replica r = call(replica);
    if (turn.has(r)) return product(stage, r, turn.piece(r));
    gemm::Product none;
    none.transpose_a = transposes_a(stage);
    return none;
  }
};

__global__ void __launch_bounds__(kThreads) fill_kernel(FillCall call, int first) {
  const int replica = first + static_cast<int>(blockIdx.z);
  fill_elements(call.seeds[replica], {0, call.lines[replica], 0, call.columns[replica]}, call.r[replica],
                blockIdx.x * kThreads + threadIdx.x, static_cast<int64_t>(gridDim.x) * kThreads);
}

__global__ void __launch_bounds__(kThreads) fill_piece_kernel(Call call, Turn turn, int first) {
  const Replica r = call(first + static_cast<int>(blockIdx.z));
  if (turn.has(r))
    fill_elements(r.seed, turn.piece(r), r.numbers, blockIdx.x * kThreads + threadIdx.x,
                  static_cast<int64_t>(gridDim.x) * kThreads);
}

/// Features of a panel to their places.
__global__ void __launch_bounds__(kThreads) move_kernel(Call call, Turn turn, int first) {
  const Replica r = call(first + static_cast<int>(blockIdx.z));
  if (!turn.has(r)) return;
  const Piece piece = turn.piece(r);
  for (int64_t e = blockIdx.x * kThreads + threadIdx.x; e < r.rows * piece.columns;
       e += static_cast<int64_t>(gridDim.x) * kThreads)
    r.features[e / piece.columns * r.vectors + piece.column + e % piece.columns] = r.panel[e];
}

template <class Lines>
__device__ __forceinline__ Lines lines_of(const CombinationCall& call, int replica);
template <>
__device__ __forceinline__ StoredLines lines_of<StoredLines>(const CombinationCall& call, int replica) {
  return {call.numbers.stored[replica], call.shape.weights};
}
template <>
__device__ __forceinline__ MadeLines lines_of<MadeLines>(const CombinationCall& call, int replica) {
  return {call.numbers.seeds[replica], call.shape.weights};
}

template <class Lines>
__global__ void __launch_bounds__(kThreads) combine_kernel(CombinationCall call, int first) {
  const int i = first + static_cast<int>(blockIdx.z);
  combine_elements(lines_of<Lines>(call, i), call.c[i], call.scale ? call.scale[i] : 1.0f,
                   call.shape.numbers[i], call.theta[i], blockIdx.x * kThreads + threadIdx.x,
                   static_cast<int64_t>(gridDim.x) * kThreads);
}

template <class Lines>
__global__ void __launch_bounds__(kThreads) combine_backward_kernel(CombinationCall call, int first) {
  constexpr int kThreadsEach = 16 / Lines::kWide;
  const int i = first + static_cast<int>(blockIdx.z);
  combine_backward_elements(lines_of<Lines>(call, i), call.dtheta[i], call.scale ? call.scale[i] : 1.0f,
                            call.shape.numbers[i], call.dc[i],
                            (blockIdx.x * kThreads + threadIdx.x) / kThreadsEach,
                            static_cast<int64_t>(gridDim.x) * kThreads / kThreadsEach);
}

unsigned blocks_for(int64_t threads) {
  const int64_t blocks = ceil_div(threads, kThreads);
  return static_cast<unsigned>(blocks < 65535 ? blocks : 65535);
}

/// One launch of `kernel` over all replicas, `threads` threads each.
template <class... Parameters, class... Arguments>
void run(Context& context, int replicas, int64_t threads, void (*kernel)(Parameters...),
         const Arguments&... arguments) {
  for_replica_pieces(replicas, [&](int first, int count) {
    launch(stream_of(context), kernel, dim3(blocks_for(threads), 1, static_cast<unsigned>(count)),
           dim3(kThreads), 0, arguments..., first);
  });
}

template <Stage stage, class Source>
void multiply(Context& context, const Call& call, int64_t m, int64_t n, const Source& source) {
  if constexpr (reads_inputs(stage)) {
    if (!call.inputs.values)
      return gemm::run<uint8_t, transposes_a(stage), false>(stream_of(context), call.shape.replicas, m, n,
                                                            source);
  }
  gemm::run<float, transposes_a(stage), false>(stream_of(context), call.shape.replicas, m, n, source);
}

template <Stage stage>
void whole(Context& context, const Call& call, int64_t m, int64_t n) {
  multiply<stage>(context, call, m, n, Whole<stage>{call});
}

/// The stage with R made piece by piece; `pieces`: the most that a replica has.
template <Stage stage>
void by_pieces(Context& context, const Call& call, int64_t pieces, int64_t m, int64_t n) {
  const ProductShape& s = call.shape;
  for (int64_t number = 0; number < pieces; ++number) {
    const Turn turn{stage, number};
    const int64_t floats = most(static_cast<int64_t>(s.inputs) * kPanel, s.vectors.most);
    run(context, s.replicas, ceil_div(floats, 4), fill_piece_kernel, call, turn);
    multiply<stage>(context, call, m, n, Part<stage>{call, turn});
    if (stage == Stage::features) run(context, s.replicas, s.rows * kPanel, move_kernel, call, turn);
  }
}

/// Whether a replica of this order is there, and the most pieces of whole lines that one has.
bool any(const Call& call, Order order, int64_t* line_pieces) {
  bool found = false;
  *line_pieces = 0;
  for (int i = 0; i < (call.shape.vectors.host ? call.shape.replicas : 1); ++i) {
    Replica r{};
    r.inputs = call.shape.inputs, r.vectors = call.shape.vectors.of(i);
    if (cheapest(call.shape, r.vectors, call.training) != order) continue;
    found = true;
    *line_pieces = most(*line_pieces, ceil_div(r.inputs, piece_lines(r)));
  }
  return found;
}

}  // namespace

void fill(Context& context, const FillCall& call) {
  run(context, call.replicas, ceil_div(call.lines.most * call.columns.most, 4), fill_kernel, call);
}

void forward(Context& context, const Call& call) {
  const ProductShape& s = call.shape;
  const int64_t panels = ceil_div(s.vectors.most, kPanel);
  int64_t line_pieces;
  if (any(call, Order::features, &line_pieces)) {
    if (call.numbers.stored)
      whole<Stage::features>(context, call, s.rows, s.vectors.most);
    else
      by_pieces<Stage::features>(context, call, panels, s.rows, least(kPanel, s.vectors.most));
    whole<Stage::out_features>(context, call, s.rows, s.outputs);
  }
  if (any(call, Order::weights, &line_pieces)) {
    if (call.numbers.stored)
      whole<Stage::weights>(context, call, s.inputs, s.outputs);
    else
      by_pieces<Stage::weights>(context, call, line_pieces, s.inputs, s.outputs);
    whole<Stage::out_weights>(context, call, s.rows, s.outputs);
  }
}

void backward(Context& context, const Call& call) {
  const ProductShape& s = call.shape;
  const int64_t panels = ceil_div(s.vectors.most, kPanel);
  int64_t line_pieces;
  if (call.dbias) columns::sum(stream_of(context), s.replicas, s.rows, s.outputs, call.dy, call.dbias);
  if (!call.dp) return;
  if (any(call, Order::features, &line_pieces))
    whole<Stage::dp_features>(context, call, s.vectors.most, s.outputs);
  if (any(call, Order::weights, &line_pieces)) {
    whole<Stage::dw>(context, call, s.inputs, s.outputs);
    if (call.numbers.stored)
      whole<Stage::dp_weights>(context, call, s.vectors.most, s.outputs);
    else
      by_pieces<Stage::dp_weights>(context, call, panels, least(kPanel, s.vectors.most), s.outputs);
  }
}

void combine(Context& context, const CombinationCall& call) {
  if (call.numbers.stored)
    run(context, call.shape.replicas, call.shape.weights, combine_kernel<StoredLines>, call);
  else
    run(context, call.shape.replicas, ceil_div(call.shape.weights, 4), combine_kernel<MadeLines>, call);
}

void combine_backward(Context& context, const CombinationCall& call) {
  if (call.numbers.stored)
    run(context, call.shape.replicas, call.shape.numbers.most * 16, combine_backward_kernel<StoredLines>,
        call);
  else
    run(context, call.shape.replicas, call.shape.numbers.most * 4, combine_backward_kernel<MadeLines>, call);
}

}  // namespace innate::basis::cuda
