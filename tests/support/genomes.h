// One small genome of every kind, images that it can learn, and the specs of runs that train it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "innate/engine/json.h"
#include "innate/engine/pool.h"
#include "innate/kernels/random.h"

namespace innate::engine {

/// A kind of genome with the layers that it grows.
struct Kind {
  const char* name;
  Json genome;
  Bias bias;
  bool small = true;
  int channels = 1;
  std::vector<Layer> hidden = {};
};

inline Layer hidden(int units, Bias bias = Bias::none,
                    activation::Function function = activation::Function::relu) {
  return {units, bias, function};
}

/// Of `kind`, with the rest as the caller says.
inline Layer on_a_map(Layer::Kind kind, int channels, int size, Bias bias, activation::Function function,
                      std::vector<pooling::Window> pools = {}) {
  Layer layer{channels, bias, function};
  layer.kind = kind, layer.size = size, layer.pools = std::move(pools);
  return layer;
}

/// Two layers of fields with an average pool between them, and a dense one.
inline std::vector<Layer> two_maps() {
  Layer first = on_a_map(Layer::Kind::fields, 2, 3, Bias::learned, activation::Function::tanh,
                         {{pooling::Function::average, 2, 2}});
  first.padding = 1, first.each_bias = false, first.dropout = 0.125;
  return {first, on_a_map(Layer::Kind::fields, 3, 2, Bias::learned, activation::Function::relu),
          hidden(4, Bias::learned, activation::Function::tanh)};
}

inline std::vector<Layer> map_with_max_pool() {
  Layer layer = on_a_map(Layer::Kind::fields, 4, 3, Bias::learned, activation::Function::relu,
                         {{pooling::Function::max, 2, 2}});
  layer.each_bias = true, layer.dropout = 0.25;
  return {layer};
}

inline std::vector<Layer> shared_weights() {
  Layer layer = on_a_map(Layer::Kind::convolution, 5, 3, Bias::learned, activation::Function::relu);
  layer.stride = 2, layer.padding = 1, layer.each_bias = false;
  return {layer};
}

inline std::vector<Kind> kinds() {
  return {{"small_direct", {{"type", "direct"}}, Bias::learned},
          {"small_gem", {{"type", "gem"}, {"genes", 3}}, Bias::none},
          {"small_gem_learned_output", {{"type", "gem"}, {"genes", 3}, {"output", "learned"}}, Bias::learned},
          {"small_spatial_gem", {{"type", "spatial_gem"}, {"genes", 5}}, Bias::frozen},
          {"small_spatial_gem_authors",
           {{"type", "spatial_gem"}, {"genes", 4}, {"initial", "authors"}},
           Bias::none},
          {"small_random_basis", {{"type", "random_basis"}, {"vectors", 6}}, Bias::learned},
          {"small_intrinsic_dimension", {{"type", "intrinsic_dimension"}, {"dimension", 7}}, Bias::learned},
          {"small_intrinsic_dimension_frozen_bias",
           {{"type", "intrinsic_dimension"}, {"dimension", 5}},
           Bias::frozen},
          {"small_spatial_gem_colour", {{"type", "spatial_gem"}, {"genes", 5}}, Bias::learned, true, 3},
          {"small_gem_colour", {{"type", "gem"}, {"genes", 3}}, Bias::none, true, 3},
          {"small_random_basis_colour", {{"type", "random_basis"}, {"vectors", 6}}, Bias::none, true, 3},
          {"small_direct_hidden", {{"type", "direct"}}, Bias::learned, true, 1, {hidden(6, Bias::learned)}},
          {"small_gem_hidden",
           {{"type", "gem"}, {"genes", 3}, {"output", "learned"}},
           Bias::frozen,
           true,
           1,
           {hidden(17, Bias::frozen, activation::Function::tanh)}},
          {"small_gem_own_interactions",
           {{"type", "gem"}, {"genes", 2}, {"interaction", "own"}},
           Bias::none,
           true,
           1,
           {hidden(5, Bias::none, activation::Function::sigmoid), hidden(4)}},
          {"small_spatial_gem_hidden",
           {{"type", "spatial_gem"}, {"genes", 4}},
           Bias::learned,
           true,
           3,
           {hidden(12, Bias::learned)}},
          {"small_random_basis_hidden",
           {{"type", "random_basis"}, {"vectors", 5}},
           Bias::learned,
           true,
           1,
           {hidden(6, Bias::learned)}},
          {"small_intrinsic_dimension_hidden",
           {{"type", "intrinsic_dimension"}, {"dimension", 4}},
           Bias::learned,
           true,
           1,
           {hidden(3, Bias::frozen, activation::Function::tanh)}},
          {"small_developmental",
           {{"type", "developmental"},
            {"genes", 4},
            {"dense", {{"type", "gem"}, {"genes", 3}}},
            // as wide as suits so small a map
            {"initial", {{"centres", 1.0}, {"inverse_width", 5.0}, {"interaction", 1.0}}}},
           Bias::learned,
           true,
           1,
           two_maps()},
          {"small_direct_fields_colour", {{"type", "direct"}}, Bias::learned, true, 3, map_with_max_pool()},
          {"small_convolution", {{"type", "direct"}}, Bias::none, true, 1, shared_weights()}};
}

/// The key of a genome's extent; null where it has none.
inline const char* extent_of(const Json& genome) {
  for (const char* key : {"genes", "vectors", "dimension"})
    if (genome.contains(key)) return key;
  return nullptr;
}

/// `extent` 0, or a genome that has none: as the JSON says.
inline std::shared_ptr<const Genome> genome_of(Json json, int extent = 0) {
  if (const char* key = extent_of(json); key && extent > 0) json[key] = extent;
  return genome_from_json(resolve(genome_schema(), json, "genome"));
}

constexpr int kBarHeight = 7, kBarWidth = 5, kBarClasses = 3;

/// Images of 3 classes that differ in where they are bright; two in five pixels are not 0.
inline Dataset bars(int count, int channels, std::uint64_t seed) {
  Dataset set{"bars", count, kBarHeight, kBarWidth, channels, kBarClasses, {}, {}};
  const int values = set.pixels();
  for (int i = 0; i < count; ++i) {
    const int label = i % kBarClasses;
    set.labels.push_back(static_cast<std::uint8_t>(label));
    for (int p = 0; p < values; ++p) {
      const bool bright = p / channels / kBarWidth / 2 == label;
      const double u =
          random::uniform({seed, random::Purpose::weights}, static_cast<std::uint64_t>(i * values + p));
      set.images.push_back(static_cast<std::uint8_t>(bright ? 100 + 155 * u : u > 0.7 ? 120 * u : 0));
    }
  }
  return set;
}

inline DatasetPair bar_pair(int channels = 1, int train = 90, int test = 33) {
  return {bars(train, channels, 1), bars(test, channels, 2)};
}

inline Network bar_network(Bias bias, int channels = 1) {
  return {kBarHeight, kBarWidth, channels, {{kBarClasses, bias}}};
}

inline Network network_of(const Kind& kind) {
  Network network = bar_network(kind.bias, kind.channels);
  network.layers.insert(network.layers.begin(), kind.hidden.begin(), kind.hidden.end());
  return network;
}

/// The numbers of the array of this name.
inline std::vector<float> array_of(const Layout& layout, const Draw& draw, const std::string& name) {
  for (const auto& [tensors, numbers] :
       {std::pair(&layout.learned, &draw.learned), std::pair(&layout.frozen, &draw.frozen)}) {
    auto at = numbers->begin();
    for (const Tensor& t : *tensors) {
      if (t.name == name) return {at, at + t.size()};
      at += t.size();
    }
  }
  ADD_FAILURE() << "there is no " << name;
  return {};
}

/// What differs between the specs of these tests.
struct Course {
  double rate = 0.01;
  std::int64_t steps = 8;
  int batch = 13;
  Testing testing{4, 0, {}};
  Gradient::Kind optimizer = Gradient::Kind::adam;
  double momentum = 0.9;  // of sgd
};

inline std::shared_ptr<Spec> spec_of(std::shared_ptr<const Genome> genome, const Network& network,
                                     std::shared_ptr<const Task> task, const Course& course = {}) {
  auto learner = std::make_shared<Gradient>();
  learner->kind = course.optimizer;
  learner->sgd.momentum = course.momentum;
  learner->learning_rate = course.rate;
  learner->images = course.batch;
  learner->most = course.steps;
  auto spec = std::make_shared<Spec>();
  spec->genome = std::move(genome), spec->network = network, spec->task = std::move(task);
  spec->learner = std::move(learner), spec->testing = course.testing;
  return spec;
}

}  // namespace innate::engine
