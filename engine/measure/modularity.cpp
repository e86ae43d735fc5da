#include "engine/measure/modularity.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "innate/kernels/random.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

/// What improves Q by less ends a level: it would not show in the fourth digit.
constexpr double kLeast = 1e-7;

/// A graph by its nodes. Those at the other ends of node n's edges lie from start[n] to before start[n + 1].
struct Neighbours {
  std::vector<std::size_t> start;
  std::vector<int> node;
  std::vector<double> weight;
  std::vector<double> loop, strength;  // of each node: both ends of its loop; of all edges that end there
  double total = 0;                    // of all strengths: 2m

  explicit Neighbours(int nodes)
      : start(static_cast<std::size_t>(nodes) + 1), loop(static_cast<std::size_t>(nodes)), strength(loop) {}
  int nodes() const { return static_cast<int>(loop.size()); }
};

void sum_strengths(Neighbours* g) {
  for (std::size_t n = 0; n < g->loop.size(); ++n) {
    g->strength[n] = g->loop[n];
    for (std::size_t e = g->start[n]; e < g->start[n + 1]; ++e) g->strength[n] += g->weight[e];
    g->total += g->strength[n];
  }
}

Neighbours neighbours(const Graph& graph) {
  Neighbours g(graph.nodes);
  const auto each = [&graph](const auto& take) {
    for (const auto& [a, b, weight] : graph.edges)
      if (a != b && weight > 0) take(a, b, weight), take(b, a, weight);
  };
  each([&g](int from, int, double) { ++g.start[static_cast<std::size_t>(from) + 1]; });
  std::partial_sum(g.start.begin(), g.start.end(), g.start.begin());
  g.node.resize(g.start.back());
  g.weight.resize(g.start.back());
  std::vector<std::size_t> next(g.start.begin(), g.start.end() - 1);
  each([&](int from, int to, double weight) {
    const std::size_t at = next[static_cast<std::size_t>(from)]++;
    g.node[at] = to, g.weight[at] = weight;
  });
  for (const auto& [a, b, weight] : graph.edges)
    if (a == b) g.loop[static_cast<std::size_t>(a)] += 2 * weight;
  sum_strengths(&g);
  return g;
}

/// The weights between one node, or one community, and communities.
class Links {
 public:
  explicit Links(int communities) : weight_(static_cast<std::size_t>(communities)) {}
  void add(int community, double weight) {
    double& sum = weight_[static_cast<std::size_t>(community)];
    if (sum == 0) met_.push_back(community);
    sum += weight;
  }
  double to(int community) const { return weight_[static_cast<std::size_t>(community)]; }
  const std::vector<int>& met() const { return met_; }  // in the order of meeting
  void clear() {
    for (const int community : met_) weight_[static_cast<std::size_t>(community)] = 0;
    met_.clear();
  }

 private:
  std::vector<double> weight_;
  std::vector<int> met_;
};

/// Moves node after node to the community where it adds most to Q, until that adds next to nothing.
std::vector<int> moved(const Neighbours& g, const random::EpochOrder& order) {
  std::vector<int> community(g.loop.size());
  std::iota(community.begin(), community.end(), 0);
  std::vector<double> total = g.strength;
  Links links(g.nodes());
  double raised;
  do {
    raised = 0;
    for (int i = 0; i < g.nodes(); ++i) {
      const auto n = static_cast<std::size_t>(order(static_cast<std::uint32_t>(i)));
      for (std::size_t e = g.start[n]; e < g.start[n + 1]; ++e)
        links.add(community[static_cast<std::size_t>(g.node[e])], g.weight[e]);
      const double share = g.strength[n] / g.total;
      const int old = community[n];
      total[static_cast<std::size_t>(old)] -= g.strength[n];
      const auto gain = [&](int c) { return links.to(c) - share * total[static_cast<std::size_t>(c)]; };
      const double stay = gain(old);
      double most = stay + 1e-12 * g.total;  // rounding is no gain
      for (const int c : links.met())
        if (const double now = gain(c); now > most) most = now, community[n] = c;
      if (community[n] != old) raised += 2 * (most - stay) / g.total;
      total[static_cast<std::size_t>(community[n])] += g.strength[n];
      links.clear();
    }
  } while (raised > kLeast);
  return community;
}

/// Numbers communities 0, 1, ... in the order of their first nodes; how many there are.
int renumber(std::vector<int>* community) {
  std::vector<int> number(community->size(), -1);
  int count = 0;
  for (int& c : *community) {
    int& own = number[static_cast<std::size_t>(c)];
    if (own < 0) own = count++;
    c = own;
  }
  return count;
}

/// The graph whose nodes are the communities.
Neighbours merged(const Neighbours& g, const std::vector<int>& community, int count) {
  std::vector<std::vector<std::size_t>> members(static_cast<std::size_t>(count));
  for (std::size_t n = 0; n < community.size(); ++n)
    members[static_cast<std::size_t>(community[n])].push_back(n);
  Neighbours all(count);
  Links links(count);
  for (std::size_t c = 0; c < members.size(); ++c) {
    for (const std::size_t n : members[c]) {
      all.loop[c] += g.loop[n];
      for (std::size_t e = g.start[n]; e < g.start[n + 1]; ++e)
        links.add(community[static_cast<std::size_t>(g.node[e])], g.weight[e]);
    }
    for (const int other : links.met()) {
      if (static_cast<std::size_t>(other) == c) {
        all.loop[c] += links.to(other);
        continue;
      }
      all.node.push_back(other);
      all.weight.push_back(links.to(other));
    }
    all.start[c + 1] = all.node.size();
    links.clear();
  }
  sum_strengths(&all);
  return all;
}

double modularity(const Neighbours& g, const std::vector<int>& community) {
  if (g.total == 0) return 0;
  std::vector<double> inside(g.loop.size()), total(g.loop.size());
  for (std::size_t n = 0; n < community.size(); ++n) {
    const auto c = static_cast<std::size_t>(community[n]);
    total[c] += g.strength[n];
    inside[c] += g.loop[n];
    for (std::size_t e = g.start[n]; e < g.start[n + 1]; ++e)
      if (community[static_cast<std::size_t>(g.node[e])] == community[n]) inside[c] += g.weight[e];
  }
  double q = 0;
  for (std::size_t c = 0; c < total.size(); ++c)
    q += inside[c] / g.total - (total[c] / g.total) * (total[c] / g.total);
  return q;
}

/// One start: moves nodes, makes nodes of the communities, and so on until none merge.
double louvain(const Neighbours& graph, std::uint64_t seed) {
  std::vector<int> all(graph.loop.size());
  std::iota(all.begin(), all.end(), 0);
  Neighbours level = graph;
  for (std::uint32_t depth = 0;; ++depth) {
    std::vector<int> community =
        moved(level, random::EpochOrder(seed, depth, static_cast<std::uint32_t>(level.nodes())));
    const int count = renumber(&community);
    for (int& c : all) c = community[static_cast<std::size_t>(c)];
    if (count == level.nodes()) return modularity(graph, all);
    level = merged(level, community, count);
  }
}

void check(const Graph& graph) {
  require(graph.nodes >= 1, "a graph has ", graph.nodes, " nodes; at least 1 is needed");
  for (const auto& [a, b, weight] : graph.edges) {
    require(std::min(a, b) >= 0 && std::max(a, b) < graph.nodes, "an edge of a graph of ", graph.nodes,
            " nodes leads from ", a, " to ", b);
    require(weight >= 0 && std::isfinite(weight), "the edge from ", a, " to ", b, " of a graph weighs ",
            weight, "; it must be a finite number of at least 0");
  }
}

}  // namespace

double modularity(const Graph& graph, const std::vector<int>& communities) {
  check(graph);
  require(static_cast<int>(communities.size()) == graph.nodes, "a graph of ", graph.nodes,
          " nodes is divided by ", communities.size(), " numbers");
  for (const int c : communities)
    require(c >= 0 && c < graph.nodes, "a community has the number ", c, "; 0 to ", graph.nodes - 1,
            " are possible");
  return modularity(neighbours(graph), communities);
}

double best_modularity(const Graph& graph, std::uint64_t seed, int starts) {
  check(graph);
  const Neighbours g = neighbours(graph);
  if (g.total == 0) return 0;
  double best = -1;
  for (int start = 0; start < starts; ++start)
    best = std::max(best, louvain(g, random::mix(seed + static_cast<std::uint64_t>(start))));
  return best;
}

}  // namespace innate::engine
