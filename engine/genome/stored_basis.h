// The fixed random numbers R that two encodings build on (kernels/basis.h): a frozen array of the layout
// where they are stored, and nothing where they are made anew from the replica's seed.
#pragma once

#include "innate/engine/genome.h"
#include "innate/engine/network.h"
#include "innate/kernels/basis.h"

namespace innate::engine {

inline bool is_basis_stored(const Layout& layout) { return Layout::index(layout.frozen, "basis") >= 0; }

inline basis::Numbers numbers_of(const Arrays& arrays, const Layout& layout) {
  const int at = Layout::index(layout.frozen, "basis");
  if (at >= 0) return {arrays.frozen[static_cast<std::size_t>(at)], nullptr};
  return {{}, arrays.seeds};
}

/// A Draw whose learned numbers are 0, with the frozen bias and R where the layout has them.
Draw draw_around_basis(const DenseLayer& layer, const Layout& layout, std::uint64_t seed);

}  // namespace innate::engine
