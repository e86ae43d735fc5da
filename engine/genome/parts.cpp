#include "engine/genome/parts.h"

#include <cmath>
#include <tuple>

#include "kernels/core/check.h"

namespace innate::engine {

std::int64_t Layout::size(const std::vector<Tensor>& tensors) {
  std::int64_t sum = 0;
  for (const Tensor& t : tensors) sum += t.size();
  return sum;
}

int Layout::index(const std::vector<Tensor>& tensors, const std::string& name) {
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].name == name) return static_cast<int>(i);
  return -1;
}

void check(const Draw& draw, const Layout& layout) {
  for (const auto& [what, tensors, numbers] : {std::tuple("learned", &layout.learned, &draw.learned),
                                               std::tuple("frozen", &layout.frozen, &draw.frozen)})
    require(static_cast<std::int64_t>(numbers->size()) == Layout::size(*tensors), "there are ",
            numbers->size(), " ", what, " numbers; the genome has ", Layout::size(*tensors),
            " for this network");
}

float* place_of(const Layout& layout, const std::string& name, Draw* draw) {
  for (auto [tensors, numbers] :
       {std::pair(&layout.learned, &draw->learned), std::pair(&layout.frozen, &draw->frozen)}) {
    float* place = numbers->data();
    for (const Tensor& t : *tensors) {
      if (t.name == name) return place;
      place += t.size();
    }
  }
  return nullptr;
}

double kaiming(const Network& network) { return std::sqrt(2.0 / network.inputs()); }

double size_of(const Json& size, const Network& network, std::int64_t genes, double otherwise) {
  if (size.is_number()) return size.get<double>();
  const std::string word = size;
  if (word == "inverse_sqrt_inputs") return 1 / std::sqrt(static_cast<double>(network.inputs()));
  if (word == "inverse_sqrt_genes") return 1 / std::sqrt(static_cast<double>(genes));
  return otherwise;
}

}  // namespace innate::engine
