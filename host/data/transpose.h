// Images whose rows are stored as columns.
#pragma once

#include <innate/engine/dataset.h>

#include <string>

namespace innate::host {

/// Swaps height and width: pixel (h, w) becomes (w, h).
void transpose(engine::Dataset* set);

/// What to say of a set that is one of EMNIST's, whose images are published transposed; "" of others.
std::string transposition_hint(const engine::Dataset& set);

}  // namespace innate::host
