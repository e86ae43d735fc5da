// Graphs: recorded operations and what each must come after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "simt/config.h"
#include "simt/runtime.h"

namespace simt::detail {

using Nodes = std::set<std::size_t>;

struct Node {
  std::function<void()> run;  // holds copies of its arguments
  Nodes after;                // all with smaller numbers
};

struct Graph {
  std::vector<Node> nodes;

  /// An order that every node's `after` allows: as recorded (forward), late ones as early as they may
  /// (reverse, warp_reverse), or drawn from the seed (random).
  std::vector<std::size_t> order(Schedule schedule, std::uint64_t seed) const;
  /// Whether each node is one of `ends` or before one of them.
  bool all_before(const Nodes& ends) const;
  /// Runs every node once, in the order of the present schedule.
  void replay() const;
};

cudaGraph_t new_graph(Graph graph);

}  // namespace simt::detail
