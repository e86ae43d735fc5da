#include "graph.h"

#include <memory>
#include <mutex>
#include <utility>

#include "capture.h"
#include "runtime_state.h"
#include "scheduler.h"

using simt::detail::Graph;
using simt::detail::remember;

struct CUgraph_st {
  std::shared_ptr<const Graph> graph;
};
struct CUgraphExec_st {
  std::shared_ptr<const Graph> graph;
};

namespace {

std::mutex mutex;  // of the tables below
std::set<cudaGraph_t> graphs;
std::set<cudaGraphExec_t> execs;

/// The graph behind a handle, or null if it does not exist (any more).
template <class Handle>
std::shared_ptr<const Graph> find(const std::set<Handle>& table, Handle handle) {
  std::lock_guard lock(mutex);
  return table.count(handle) ? handle->graph : nullptr;
}

template <class Handle>
cudaError_t destroy(std::set<Handle>& table, Handle handle) {
  std::lock_guard lock(mutex);
  if (!table.erase(handle)) return remember(cudaErrorInvalidValue);
  delete handle;
  return cudaSuccess;
}

}  // namespace

namespace simt::detail {

std::vector<std::size_t> Graph::order(Schedule schedule, std::uint64_t seed) const {
  const auto count = static_cast<std::uint32_t>(nodes.size());
  const auto wanted =
      block_order(count, schedule == Schedule::warp_reverse ? Schedule::reverse : schedule, seed);
  std::vector<std::size_t> rank(count), missing(count), order;
  std::vector<std::vector<std::size_t>> next(count);
  for (std::size_t place = 0; place < count; ++place) rank[wanted[place]] = place;
  Nodes ready;  // ranks
  for (std::size_t node = 0; node < count; ++node) {
    missing[node] = nodes[node].after.size();
    for (std::size_t before : nodes[node].after) next[before].push_back(node);
    if (!missing[node]) ready.insert(rank[node]);
  }
  while (!ready.empty()) {
    const std::size_t node = wanted[ready.extract(ready.begin()).value()];
    order.push_back(node);
    for (std::size_t later : next[node])
      if (!--missing[later]) ready.insert(rank[later]);
  }
  return order;
}

bool Graph::all_before(const Nodes& ends) const {
  std::vector<bool> reached(nodes.size());
  for (std::size_t node : ends) reached[node] = true;
  for (std::size_t node = nodes.size(); node-- > 0;) {
    if (!reached[node]) return false;
    for (std::size_t before : nodes[node].after) reached[before] = true;
  }
  return true;
}

void Graph::replay() const {
  const Config settings = config();
  for (std::size_t node : order(settings.schedule, settings.seed)) nodes[node].run();
}

cudaGraph_t new_graph(Graph graph) {
  auto* handle = new CUgraph_st{std::make_shared<const Graph>(std::move(graph))};
  std::lock_guard lock(mutex);
  graphs.insert(handle);
  return handle;
}

}  // namespace simt::detail

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long flags) {
  *exec = nullptr;
  auto found = find(graphs, graph);
  if (!found) return remember(cudaErrorInvalidValue);
  if (flags) return remember(cudaErrorNotSupported);
  *exec = new CUgraphExec_st{std::move(found)};
  std::lock_guard lock(mutex);
  execs.insert(*exec);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  const auto found = find(execs, exec);
  if (!found) return remember(cudaErrorInvalidValue);
  return simt::detail::enqueue(stream, [found] { found->replay(); });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  const auto found = find(graphs, graph);
  if (!found || !count) return remember(cudaErrorInvalidValue);
  if (nodes) return remember(cudaErrorNotSupported);
  *count = found->nodes.size();
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return destroy(graphs, graph); }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) { return destroy(execs, exec); }
