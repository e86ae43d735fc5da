#include "innate/kernels/training.h"

#include "kernels/core/choose.h"
#include "kernels/training/call.h"

namespace innate::training {

namespace {

constexpr Implementation<void(Context&, const Call&)> kRuns[] = INNATE_IMPLEMENTATIONS(
    run, "cuda, one replica a block through all steps", "cpu, one replica a core through all steps");

int64_t fast_floats([[maybe_unused]] const Context& context) {
#if INNATE_CUDA
  if (context.backend() == Backend::cuda) return cuda::fast_floats(context);
#endif
  return 0;
}

/// Floats of workspace that every replica gets: the most that one of them needs.
int64_t stride(const Call& call) {
  int64_t most = 0;
  const int distinct = call.shape.genes.host ? call.shape.replicas : 1;
  for (int i = 0; i < distinct; ++i) {
    Places places{nullptr, call.fast, nullptr, 0};
    lay_out(call, 0, call.shape.genes.of(i), &places);
    most = apply::larger(most, places.slow_used);
  }
  return (most + 63) / 64 * 64;
}

/// Sizes without arrays: what the layout follows from.
Call sized(const Context& context, const Shape& shape, Learning::Optimizer optimizer) {
  Call call{};
  call.shape = shape;
  call.learning.optimizer = optimizer;
  call.fast = fast_floats(context);
  call.scratch = context.backend() == Backend::cpu;
  call.stride = stride(call);
  return call;
}

void check(const char* entry, const Shape& s) {
  require_positive(entry, "replicas", s.replicas);
  require_positive(entry, "rows", s.rows);
  require_positive(entry, "height", s.height);
  require_positive(entry, "width", s.width);
  require_positive(entry, "channels", s.channels);
  require(s.outputs >= 1 && s.outputs <= classifier::kMostClasses, entry, ": outputs is ", s.outputs,
          ", must be 1 to ", classifier::kMostClasses);
  require(s.samples >= s.rows, entry, ": ", s.samples, " samples do not fill a batch of ", s.rows);
  require_extents(entry, "genes", s.genes, s.replicas);
  require(s.density > 0 && s.density <= 1, entry, ": density is ", s.density,
          ", must be above 0 and at most 1");
}

void check_arrays(const Context& context, const char* entry, const Shape& s, const Data& data,
                  const Genomes& g, const Learning& learning, Ragged<float> loss_sum) {
  Inputs inputs;
  inputs.rows = {reinterpret_cast<const uint32_t*>(data.labels), 0,
                 nullptr};  // stands for rows yet to be chosen
  inputs.images = data.images;
  inputs.lists = data.lists;
  require_pointer(entry, "labels", data.labels != nullptr);
  require_inputs(context, entry, inputs);
  require_pointer(entry, "learned", static_cast<bool>(g.learned));
  require_pointer(entry, "first_moment", static_cast<bool>(g.first_moment));
  require_pointer(entry, "second_moment", g.second_moment || learning.optimizer != Learning::Optimizer::adam);
  const bool factored = s.encoding == Encoding::gem || s.encoding == Encoding::spatial_gem;
  require_pointer(entry, "output_identity", g.output_identity || s.output_is_learned || !factored);
  require_pointer(entry, "basis", g.basis || !s.basis_is_stored);
  require_pointer(entry, "rate", learning.rate != nullptr);
  require_pointer(entry, "seeds", learning.seeds != nullptr);
  require_pointer(entry, "loss_sum", static_cast<bool>(loss_sum));
}

std::string detail(const Call& c) {
  return std::string(name(c.shape.encoding)) + ", rows " + text(c.shape.rows) + ", genes up to " +
         text(c.shape.genes.most) + ", pixels as " + (c.data.lists.start ? "lists" : "images") +
         ", workspace " + text(4 * c.stride) + " bytes a replica";
}

}  // namespace

const char* name(Encoding encoding) {
  switch (encoding) {
    case Encoding::direct: return "direct";
    case Encoding::gem: return "gem";
    case Encoding::spatial_gem: return "spatial_gem";
    case Encoding::random_basis: return "random_basis";
    case Encoding::intrinsic_dimension: return "intrinsic_dimension";
  }
  return "";
}

int64_t parameters(const Shape& shape, int64_t genes) { return count_parameters(shape, genes); }

std::size_t workspace_bytes(const Context& context, const Shape& shape) {
  check("training/workspace_bytes", shape);
  const Call call = sized(context, shape, Learning::Optimizer::adam);
  return sizeof(float) * static_cast<std::size_t>(call.stride) * static_cast<std::size_t>(shape.replicas);
}

void run(Context& context, const Shape& shape, const Data& data, const Genomes& genomes,
         const Learning& learning, int64_t first, int64_t count, Ragged<float> loss_sum, void* workspace,
         std::size_t workspace_size) {
  const char* entry = "training/run";
  check(entry, shape);
  check_arrays(context, entry, shape, data, genomes, learning, loss_sum);
  require(first >= 0 && count >= 0, entry, ": steps ", first, " to ", first, " + ", count, " are not steps");
  require_workspace(entry, workspace, workspace_size, workspace_bytes(context, shape));
  Call call = sized(context, shape, learning.optimizer);
  call.data = data, call.genomes = genomes, call.learning = learning, call.first = first, call.count = count;
  call.loss_sum = loss_sum, call.workspace = static_cast<float*>(workspace);
  if (count > 0) run_first(entry, kRuns, context, context.traced() ? detail(call) : "", call);
}

}  // namespace innate::training
