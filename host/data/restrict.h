// What a task makes of a set: some of its classes, some images of each; images whose rows are stored as
// columns stood upright.
#pragma once

#include <innate/engine/dataset.h>

#include <cstdint>
#include <string>
#include <vector>

namespace innate::host {

/// Keeps `classes` (empty: all), relabelled 0, 1, ... in the order given, and `per_class` images of each (0:
/// all), in their old order. Which images depends on the seed and on their place in `set` alone: a larger
/// `per_class` adds to the choice of a smaller one, and other classes change nothing. Throws DataError where
/// a class or images are missing.
engine::Dataset restrict(const engine::Dataset& set, const std::vector<int>& classes, int per_class,
                         std::uint64_t seed);

/// Swaps height and width: pixel (h, w) becomes (w, h).
void transpose(engine::Dataset* set);

/// What to say of a set that is one of EMNIST's, whose images are published transposed; "" of others.
std::string transposition_hint(const engine::Dataset& set);

}  // namespace innate::host
