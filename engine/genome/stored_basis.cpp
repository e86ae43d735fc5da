#include "engine/genome/stored_basis.h"

#include "engine/genome/bias.h"
#include "engine/genome/factored.h"

namespace innate::engine {

Draw draw_around_basis(const DenseLayer& layer, const Layout& layout, std::uint64_t seed) {
  Draw draw{std::vector<float>(static_cast<std::size_t>(Layout::size(layout.learned))),
            std::vector<float>(static_cast<std::size_t>(Layout::size(layout.frozen))), 1.0f};
  if (layer.bias == Bias::frozen) draw_frozen_bias(layer, seed, place_of(layout, "bias", &draw));
  if (!is_basis_stored(layout)) return draw;
  const Tensor& r = layout.frozen[static_cast<std::size_t>(Layout::index(layout.frozen, "basis"))];
  Context host = Context::cpu(1);
  basis::fill(host, 1, {r.rows, nullptr, nullptr}, {r.columns, nullptr, nullptr}, &seed,
              {place_of(layout, "basis", &draw), 0, nullptr});
  return draw;
}

}  // namespace innate::engine
