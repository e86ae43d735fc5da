// Modularity: how much more of a graph's weight lies within its communities than chance would put there.
//
//   Q = sum over communities C of  in_C / 2m - (tot_C / 2m)^2
//
// 2m: the weights that end at all nodes together; tot_C: those that end in C; in_C: those with both ends in
// C. (Newman 2004; the resolution is 1.)
#pragma once

#include <cstdint>
#include <vector>

namespace innate::engine {

/// An undirected graph, each of its edges once. Weights are at least 0; an edge from a node to itself is a
/// loop, and both its ends count.
struct Graph {
  struct Edge {
    int a = 0, b = 0;
    double weight = 1;
  };
  int nodes = 0;
  std::vector<Edge> edges;
};

/// Of this division into communities: a number of at least 0 and below `nodes` for each node. 0 where no edge
/// has a weight.
double modularity(const Graph& graph, const std::vector<int>& communities);

/// The largest that Louvain's method finds (Blondel et al. 2008), with the nodes in another order, from the
/// seed, each time that it starts. The same seed gives the same bits. Throws Error where an edge leads to no
/// node or its weight is not a finite number of at least 0.
inline constexpr int kStarts = 10;
double best_modularity(const Graph& graph, std::uint64_t seed, int starts = kStarts);

}  // namespace innate::engine
