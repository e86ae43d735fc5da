#include "engine/measure/measure.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/measure/modularity.h"
#include "innate/kernels/random.h"
#include "kernels/core/check.h"

namespace innate::engine {

namespace {

/// Images whose distances are measured.
constexpr std::int64_t kMost = 1000;

/// Mixed with a replica's seed it gives that of its communities. Part of the results' definition.
constexpr std::uint64_t kCommunities = 0x636f6d6d756e6974;

/// Neurons are nodes, the input's first; the weights between successive layers, without their signs, edges.
Graph graph_of(const Grown& grown, const Network& network) {
  Graph graph;
  int first = 0;
  for (int l = 0; l < network.depth(); ++l) {
    const int inputs = network.inputs_of(l), outputs = network.outputs_of(l);
    const std::vector<float> w = grown.weights(l).w;
    for (int i = 0; i < inputs; ++i)
      for (int k = 0; k < outputs; ++k)
        graph.edges.push_back({first + i, first + inputs + k,
                               std::fabs(w[static_cast<std::size_t>(i) * static_cast<std::size_t>(outputs) +
                                           static_cast<std::size_t>(k)])});
    first += inputs;
  }
  graph.nodes = first + network.outputs();
  return graph;
}

double distance(const double* a, const double* b, std::size_t units) {
  double sum = 0;
  for (std::size_t u = 0; u < units; ++u) sum += (a[u] - b[u]) * (a[u] - b[u]);
  return std::sqrt(sum);
}

void add_distances(const Grown& grown, const Network& network, const DeviceImages& set,
                   std::vector<Measured>* all) {
  const std::vector<std::uint8_t> labels = set.first_labels(std::min<std::int64_t>(kMost, set.count()));
  const auto images = static_cast<std::int64_t>(labels.size());
  for (int l = network.depth() - 1; l >= 0; --l) {
    std::string space = l + 1 == network.depth() ? "logits" : "hidden";
    if (l + 1 < network.depth() && network.depth() > 2) space += "_" + std::to_string(l);
    const Grid units = network.pooled_grid(l);
    const ClassDistances d = class_distances(
        grown.activations(set, l, images), std::int64_t{units.height} * units.width * units.channels, labels);
    all->push_back({"within_" + space, d.within});
    all->push_back({"between_" + space, d.between});
  }
}

}  // namespace

ClassDistances class_distances(const std::vector<float>& points, std::int64_t units,
                               const std::vector<std::uint8_t>& labels) {
  const auto n = static_cast<std::size_t>(units);
  require(units >= 1 && points.size() == labels.size() * n, "there are ", points.size(), " numbers of ",
          labels.size(), " images with ", units, " units");
  std::vector<double> means(256 * n), counts(256);
  for (std::size_t i = 0; i < points.size(); ++i) means[labels[i / n] * n + i % n] += double{points[i]};
  for (const std::uint8_t label : labels) counts[label] += 1;
  std::vector<const double*> present;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) continue;
    for (std::size_t u = 0; u < n; ++u) means[c * n + u] /= counts[c];
    present.push_back(&means[c * n]);
  }
  ClassDistances sums;
  std::vector<double> point(n);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(i * n), n, point.begin());
    sums.within += distance(point.data(), &means[labels[i] * n], n);
  }
  for (std::size_t a = 0; a < present.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) sums.between += distance(present[a], present[b], n);
  const double pairs = static_cast<double>(present.size() * (present.size() - 1)) / 2;
  return {labels.empty() ? 0 : sums.within / static_cast<double>(labels.size()),
          present.size() < 2 ? 0 : sums.between / pairs};
}

std::vector<Measured> measured(Context& context, const Spec& spec, std::uint64_t seed, const Draw& numbers) {
  std::vector<Measured> all;
  const auto* labelled = dynamic_cast<const Classification*>(spec.task.get());
  const Grown grown(context, spec.genome, spec.network, seed, numbers,
                    labelled ? labelled->train.density() : 1.0);
  if (labelled && labelled->held && spec.testing.held_out > 0)
    all.push_back({"held_out_accuracy", grown.test(*labelled->held).accuracy()});
  for (const Measure measure : spec.testing.measures) {
    if (measure == Measure::modularity)
      all.push_back(
          {"modularity", best_modularity(graph_of(grown, spec.network), random::mix(seed ^ kCommunities))});
    if (measure == Measure::class_distance && labelled)
      add_distances(grown, spec.network, labelled->test, &all);
  }
  return all;
}

}  // namespace innate::engine
