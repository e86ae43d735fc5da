// Experiment files: text is parsed, checked against the engine's tables and expanded, and what comes out is
// made into the engine's objects. Behind a zero byte stands an assignment for --set.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/experiment/experiment.h"
#include "host/experiment/parse.h"
#include "innate/engine/genome.h"
#include "innate/engine/learning.h"
#include "innate/engine/network.h"

namespace {

using namespace innate;

void make(const engine::Json& spec) {
  const auto genome = engine::genome_from_json(spec.at("genome"));
  const engine::Network network = engine::network_from_json(spec.at("network"), 28, 28, 1);
  if (genome->layout(network).learned.empty()) std::abort();
  engine::gradient_from_json(spec.at("learning"), 60000);
  engine::testing_from_json(spec.at("test"));
}

void read(const std::string& text, const std::string& assignment) {
  engine::Json file = host::parse(text, "experiment.json");
  if (!assignment.empty()) host::apply_set(file, assignment);
  const host::Experiment experiment = host::expand(file);
  if (host::expand(experiment.resolved).resolved != experiment.resolved) std::abort();  // it is the last word
  for (const host::Point& point : experiment.points) make(point.spec);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(all.find('\0'), size);
  try {
    read(all.substr(0, end), end < size ? all.substr(end + 1) : "");
  } catch (const host::ParseError&) {
  } catch (const engine::SchemaError&) {
  }
  return 0;
}
