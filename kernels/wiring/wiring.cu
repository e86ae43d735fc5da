// Wiring on CUDA. Forward: v = O Y^T, then W = s X v. Backward: v, one pass over dW (wiring.cuh), the sum of
// its parts, and two products of the genome's size.
#include "kernels/core/gemm_tensor.cuh"
#include "kernels/wiring/wiring.cuh"

namespace innate::wiring::cuda {

namespace {

constexpr int kThreads = 256;

/// One of wiring's products, for every replica.
struct Source {
  Call call;
  enum class Which { v, w, d_o, dy } which;
  __device__ gemm::Product operator()(int replica) const {
    switch (which) {
      case Which::v: return products::v(call, replica);
      case Which::w: return products::w(call, replica);
      case Which::d_o: return products::d_o(call, replica);
      case Which::dy: return products::dy(call, replica);
    }
    return {};
  }
};
using Which = Source::Which;

void run(Context& context, const Call& call, Which which) {
  const Shape& s = call.shape;
  const int64_t in = s.inputs, out = s.outputs;
  gemm::Blocks blocks;
  for (int i = 0; i < (s.genes.host ? s.replicas : 1); ++i) {
    const int64_t g = s.genes.of(i);
    switch (which) {
      case Which::v: blocks.add(s.precision, g, out, g); break;
      case Which::w: blocks.add(s.precision, in, out, g); break;
      case Which::d_o: blocks.add(s.precision, g, g, out); break;
      case Which::dy: blocks.add(s.precision, out, g, g); break;
    }
  }
  gemm::launch_products(stream_of(context), s.replicas, blocks, Source{call, which});
}

__global__ void threshold_kernel(Call call, int first_replica) {
  const int replica = first_replica + static_cast<int>(blockIdx.z);
  const int64_t count = static_cast<int64_t>(call.shape.inputs) * call.shape.outputs;
  float* w = call.w[replica];
  for (int64_t e = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; e < count;
       e += static_cast<int64_t>(gridDim.x) * kThreads)
    w[e] = w[e] > 0.0f ? 1.0f : 0.0f;
}

template <int Genes, int Columns>
__global__ void __launch_bounds__(8 * Genes)
    backward_kernel(Call call, int first_replica, int gene, int genes) {
  using Tile = BackwardTile<Genes, Columns>;
  Tile::run(shared_storage<typename Tile::Shared>(), call, first_replica + static_cast<int>(blockIdx.z),
            blockIdx.x, gene, genes);
}

/// dv = the parts of all tiles, added in ascending order.
__global__ void sum_parts_kernel(Call call, int first_replica) {
  const int replica = first_replica + static_cast<int>(blockIdx.z);
  const int64_t count = call.shape.genes[replica] * call.shape.outputs;
  for (int64_t e = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; e < count;
       e += static_cast<int64_t>(gridDim.x) * kThreads) {
    float sum = 0.0f;
    for (int64_t tile = 0; tile < call.parts; ++tile) sum += call.part(replica, tile)[e];
    call.dv(replica)[e] = sum;
  }
}

dim3 blocks(int64_t elements, int replicas) {
  const int64_t across = ceil_div(elements, kThreads);
  return dim3(static_cast<unsigned>(across < 1024 ? across : 1024), 1, static_cast<unsigned>(replicas));
}

/// One pass, or as many as it takes where shared memory has no room for X and dX of all genes.
template <int Genes, int Columns>
void pass_over_dw(Context& context, const Call& call) {
  using Tile = BackwardTile<Genes, Columns>;
  int room = 0;
  check_cuda(cudaDeviceGetAttribute(&room, cudaDevAttrMaxSharedMemoryPerBlockOptin, context.device()),
             "cudaDeviceGetAttribute");
  int64_t genes = Tile::padded(call.shape.genes.most);
  while (genes > Genes && Tile::shared_bytes(genes) > room) genes -= Genes;
  for (int64_t gene = 0; gene < call.shape.genes.most; gene += genes)
    for_replica_pieces(call.shape.replicas, [&](int first, int count) {
      launch(stream_of(context), backward_kernel<Genes, Columns>,
             dim3(static_cast<unsigned>(call.parts), 1, static_cast<unsigned>(count)), dim3(Tile::kThreads),
             static_cast<std::size_t>(Tile::shared_bytes(smaller(genes, call.shape.genes.most - gene))), call,
             first, static_cast<int>(gene), static_cast<int>(genes));
    });
}

/// As many genes at a time as leave the fewest idle: 8, 24 or 32.
template <int Columns>
void pass_over_dw(Context& context, const Call& call) {
  const int64_t genes = call.shape.genes.most;
  if (genes <= 8)
    pass_over_dw<8, Columns>(context, call);
  else if (ceil_div(genes, 24) * 24 < ceil_div(genes, 32) * 32)
    pass_over_dw<24, Columns>(context, call);
  else
    pass_over_dw<32, Columns>(context, call);
}

}  // namespace

void forward(Context& context, const Call& call) {
  run(context, call, Which::v);
  run(context, call, Which::w);
  if (!call.threshold) return;
  const int64_t count = static_cast<int64_t>(call.shape.inputs) * call.shape.outputs;
  for_replica_pieces(call.shape.replicas, [&](int first, int replicas) {
    launch(stream_of(context), threshold_kernel, blocks(count, replicas), dim3(kThreads), 0, call, first);
  });
}

void backward(Context& context, const Call& call) {
  const int64_t genes = call.shape.genes.most, outputs = call.shape.outputs;
  run(context, call, Which::v);
  if (outputs <= 16)
    pass_over_dw<16>(context, call);
  else
    pass_over_dw<128>(context, call);
  if (!call.d_o && !call.dy) return;
  for_replica_pieces(call.shape.replicas, [&](int first, int replicas) {
    launch(stream_of(context), sum_parts_kernel, blocks(genes * outputs, replicas), dim3(kThreads), 0, call,
           first);
  });
  if (call.d_o) run(context, call, Which::d_o);
  if (call.dy) run(context, call, Which::dy);
}

}  // namespace innate::wiring::cuda
