// Gaussian profiles of genes, X from them, and both backward.
#include "innate/kernels/expression.h"

#include "benchmarks/support.h"

namespace innate::benchmarks {
namespace {

enum class Part { profiles, profiles_backward, expand, expand_backward };

void run(benchmark::State& state, Backend backend, int replicas, int genes, Part part) {
  Context context = make_context(backend);
  const std::int64_t side = 28, g = genes;
  Normals places(context, replicas, 3 * g), u(context, replicas, side * g), v(context, replicas, side * g),
      x(context, replicas, side * side * g);
  Normals du(context, replicas, side * g), dv(context, replicas, side * g), dplaces(context, replicas, 3 * g);
  const expression::Shape shape{replicas, 28, 28, 1, {genes, nullptr, nullptr}};
  const double profile_bytes = replicas * 4.0 * 2 * side * g, x_bytes = replicas * 4.0 * side * side * g;
  switch (part) {
    case Part::profiles:  // about 20 operations an exponential
      return measure(state, context, {replicas * 2.0 * side * g * 20, 0, profile_bytes, replicas},
                     [&] { expression::profiles(context, shape, places.view(), u.view(), v.view()); });
    case Part::profiles_backward:
      return measure(state, context, {replicas * 2.0 * side * g * 6, 2 * profile_bytes, 0, replicas}, [&] {
        expression::profiles_backward(context, shape, places.view(), u.view(), v.view(), du.view(), dv.view(),
                                      dplaces.view());
      });
    case Part::expand:
      return measure(state, context, {replicas * 1.0 * side * side * g, profile_bytes, x_bytes, replicas},
                     [&] { expression::expand(context, shape, u.view(), v.view(), x.view()); });
    case Part::expand_backward:
      return measure(
          state, context,
          {replicas * 4.0 * side * side * g, x_bytes + profile_bytes, profile_bytes, replicas}, [&] {
            expression::expand_backward(context, shape, u.view(), v.view(), x.view(), du.view(), dv.view());
          });
  }
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    for (const int genes : {11, 26})
      for (const auto& [part, part_name] : {std::pair(Part::profiles, "profiles"),
                                            {Part::profiles_backward, "profiles_backward"},
                                            {Part::expand, "expand"},
                                            {Part::expand_backward, "expand_backward"}})
        add_row(
            "expression/" + std::string(part_name) + "/" + who.name + "/100x28x28/G" + std::to_string(genes),
            run, who.backend, 100, genes, part);
}

}  // namespace innate::benchmarks
