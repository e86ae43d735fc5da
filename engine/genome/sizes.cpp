#include "engine/genome/sizes.h"

#include <cmath>

namespace innate::engine {

double kaiming(const Network& network) { return std::sqrt(2.0 / network.inputs()); }

double size_of(const Json& size, const Network& network, std::int64_t genes, double otherwise) {
  if (size.is_number()) return size.get<double>();
  const std::string word = size;
  if (word == "inverse_sqrt_inputs") return 1 / std::sqrt(static_cast<double>(network.inputs()));
  if (word == "inverse_sqrt_genes") return 1 / std::sqrt(static_cast<double>(genes));
  return otherwise;
}

}  // namespace innate::engine
