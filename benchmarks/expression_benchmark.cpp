// Gaussian profiles of genes, X from them, X of profiles that are not separable, and all backward.
#include "innate/kernels/expression.h"

#include "benchmarks/support.h"
#include "innate/kernels/identities.h"

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

/// Of the map behind LeNet-5's first layer. About 8 operations an axis and profile, and a division; backward
/// works the profiles out anew.
void identities(benchmark::State& state, Backend backend, expression::Profile profile, bool backward) {
  constexpr int kSide = 28, kChannels = 6, kGenes = 150;
  constexpr std::int64_t kNumbers = std::int64_t{kSide} * kSide * kChannels * kGenes;
  Context context = make_context(backend);
  Normals places(context, 1, 6 * kGenes), x(context, 1, kNumbers), dplaces(context, 1, 6 * kGenes);
  expression::IdentityShape shape{1, kSide, kSide, kChannels, 3, {kGenes, nullptr, nullptr}, profile, true};
  const double bytes = 4.0 * kNumbers, operations = (backward ? 24.0 : 8.0) * kNumbers;
  if (!backward)
    return measure(state, context, {operations, 0, bytes, 1},
                   [&] { expression::identities(context, shape, places.view(), x.view()); });
  measure(state, context, {operations, bytes, 0, 1},
          [&] { expression::identities_backward(context, shape, places.view(), x.view(), dplaces.view()); });
}

}  // namespace

void add_rows() {
  for (const Contestant& who : contestants())
    for (const auto profile :
         {expression::Profile::ridge, expression::Profile::bump, expression::Profile::gaussian})
      for (const bool backward : {false, true})
        add_row("expression/identities" + std::string(backward ? "_backward/" : "/") + who.name + "/" +
                    name(profile) + "/28x28x6/G150",
                identities, who.backend, profile, backward);
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
