#include "innate/engine/network.h"

namespace innate::engine {

std::int64_t Network::direct_weights() const {
  std::int64_t sum = 0;
  for (int l = 0; l < static_cast<int>(layers.size()); ++l)
    sum += static_cast<std::int64_t>(inputs_of(l)) * layers[static_cast<std::size_t>(l)].units;
  return sum;
}

Network network_from_json(const Json& json, int height, int width, int channels) {
  Network network{height, width, channels, {}};
  for (const Json& layer : json.at("layers")) {
    const std::string bias = layer.at("bias");
    network.layers.push_back({layer.at("units").get<int>(), bias == "none"     ? Bias::none
                                                            : bias == "frozen" ? Bias::frozen
                                                                               : Bias::learned});
  }
  return network;
}

}  // namespace innate::engine
