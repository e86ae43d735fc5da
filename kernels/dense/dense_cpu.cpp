#include "kernels/dense/dense_cpu.h"

#include "kernels/core/parallel.h"

namespace innate::dense::cpu {

void forward(Context& context, const Call& call) {
  constexpr int64_t kRows = 256;  // rows a task; rows do not share sums, so any cut gives the same bits
  const int64_t pieces = (call.shape.rows + kRows - 1) / kRows;
  parallel_for(call.shape.replicas * pieces, context.threads(), [&](int64_t task) {
    const int64_t first = task % pieces * kRows, left = call.shape.rows - first;
    forward_rows(call, static_cast<int>(task / pieces), first, left < kRows ? left : kRows);
  });
}

void backward(Context& context, const Call& call) {
  parallel_for(call.shape.replicas, context.threads(),
               [&](int64_t i) { backward(call, static_cast<int>(i)); });
}

}  // namespace innate::dense::cpu
