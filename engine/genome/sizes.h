// How large the numbers of a genome are when it is drawn: a number, or a word for a size that follows the
// network.
#pragma once

#include "innate/engine/network.h"
#include "innate/engine/schema.h"

namespace innate::engine {

/// `words` of: inverse_sqrt_inputs, inverse_sqrt_genes, kaiming.
inline Value size_value(std::vector<std::string> words) {
  return either({number_above(0), word(std::move(words))});
}

inline bool is_kaiming(const Json& size) { return size.is_string() && size.get<std::string>() == "kaiming"; }

/// Standard deviation of Kaiming's normal initialisation for rectified units (He et al. 2015), which the
/// authors use as the size of grown weights (as in their code).
double kaiming(const Network& network);

/// The number that `size` stands for; `kaiming` stands for `otherwise`, since it needs the grown weights.
double size_of(const Json& size, const Network& network, std::int64_t genes, double otherwise = 1.0);

}  // namespace innate::engine
