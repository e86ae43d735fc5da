// The weights of receptive fields: grown from genes, and used on a batch, each beside one matrix product a
// place by others, who find the fields gathered already.
#include "innate/kernels/field.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

struct Layer {
  const char* name;
  field::Geometry geometry;
};
/// LeNet-5's on MNIST and CIFAR-10, and the widest of All-CNN-C's with fields of 3 x 3.
constexpr Layer kLayers[] = {{"mnist-conv1", {28, 28, 1, 5, 1, 2, 6}},
                             {"conv2", {14, 14, 6, 5, 1, 0, 16}},
                             {"cifar-conv1", {32, 32, 3, 5, 1, 0, 6}},
                             {"all-cnn-conv5", {8, 8, 192, 3, 1, 1, 192}}};

enum class Part { weights, outputs, inputs };
constexpr std::pair<Part, const char*> kParts[] = {
    {Part::weights, "weights"}, {Part::outputs, "outputs"}, {Part::inputs, "inputs"}};

/// Multiply-adds a column: what lies outside of the map is left out.
double terms(const field::Geometry& g) {
  double sum = 0;
  for (int y = 0; y < g.out_height(); ++y)
    for (int x = 0; x < g.out_width(); ++x) {
      const auto inside = [&](int at, int all) {
        const int first = at * g.stride - g.padding;
        return std::min(first + g.size, all) - std::max(first, 0);
      };
      sum += 1.0 * inside(y, g.height) * inside(x, g.width) * g.channels * g.outputs;
    }
  return sum;
}

Task task(const field::Geometry& g, std::int64_t columns, bool shared, Part part) {
  const double t = 4.0 * static_cast<double>(g.in_neurons() * columns),
               u = 4.0 * static_cast<double>(g.out_neurons() * columns),
               m = 4.0 * static_cast<double>((shared ? 1 : g.places()) * g.weights() * g.outputs);
  const double written = part == Part::weights ? m : part == Part::outputs ? u : t;
  return {2 * terms(g) * static_cast<double>(columns), t + u + m - written, written, columns};
}

void ours(benchmark::State& state, Backend backend, const Layer& layer, std::int64_t columns, bool shared,
          Part part) {
  Context context = make_context(backend);
  const field::Geometry& g = layer.geometry;
  Normals t(context, 1, g.in_neurons() * columns), u(context, 1, g.out_neurons() * columns),
      m(context, 1, (shared ? 1 : g.places()) * g.weights() * g.outputs);
  field::Shape shape{1, g, columns};
  shape.shared = shared;
  measure(state, context, task(g, columns, shared, part), [&] {
    switch (part) {
      case Part::weights: return field::weights(context, shape, t.view(), u.view(), {}, m.view(), {});
      case Part::outputs: return field::outputs(context, shape, m.view(), t.view(), {}, {}, u.view());
      case Part::inputs: return field::inputs(context, shape, m.view(), u.view(), {}, t.view());
    }
  });
}

/// A product a place, on fields that lie gathered. What `inputs` writes would still have to be added up.
void products(benchmark::State& state, Backend backend, Peer peer, const Layer& layer, std::int64_t columns,
              Part part) {
  Context context = make_context(backend);
  const field::Geometry& g = layer.geometry;
  const int places = static_cast<int>(g.places());
  Normals t(context, places, g.weights() * columns), u(context, places, g.outputs * columns),
      m(context, places, g.weights() * g.outputs);
  const Product weights{g.weights(), g.outputs, columns, t.data(), u.data(), m.data(), false, true},
      outputs{g.outputs, columns, g.weights(), m.data(), t.data(), u.data(), true, false},
      inputs{g.weights(), columns, g.outputs, m.data(), u.data(), t.data()};
  state.SetLabel("fields gathered before");
  measure(state, context, task(g, columns, false, part), [&] {
    multiply(context, peer, places,
             part == Part::weights   ? weights
             : part == Part::outputs ? outputs
                                     : inputs);
  });
}

}  // namespace

void add_rows() {
  for (const Layer& layer : kLayers)
    for (const auto& [part, part_name] : kParts)
      for (const auto& [columns, of] : {std::pair(128, "images"), {150, "genes"}, {229, "genes"}}) {
        const bool wide = layer.geometry.outputs > 16;
        if (wide && columns != 128) continue;
        const std::string name = "field/" + std::string(part_name) + "/",
                          what = "/" + std::string(layer.name) + "/" + std::to_string(columns) + "-" + of;
        for (const Contestant& who : contestants())
          add_row(name + who.name + what, ours, who.backend, layer, columns, false, part);
        for (const Contestant& who : peers())
          if (!wide) add_row(name + who.name + what, products, who.backend, *who.peer, layer, columns, part);
        if (columns == 128 && part != Part::weights)
          for (const Contestant& who : contestants())
            add_row(name + who.name + what + "/shared", ours, who.backend, layer, columns, true, part);
      }
}

}  // namespace innate::benchmarks
