// Experiment files: text is parsed, checked against the engine's tables and expanded, and what comes out is
// made into the engine's objects, whose steps and tests are written down and given places. Behind a zero byte
// stands an assignment for --set.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "engine/pool/compiled.h"
#include "host/experiment/experiment.h"
#include "innate/engine/json.h"

namespace {

using namespace innate;

/// Black images, as large and as many as matter to what an experiment may ask of them.
std::shared_ptr<const engine::Classification> task() {
  static Context context = Context::cpu(1);
  static const auto made = [] {
    engine::Dataset set{"black", 1000, 28, 28, 1, 10, std::vector<std::uint8_t>(1000 * 784), {}};
    for (int i = 0; i < set.count; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % 10));
    return std::make_shared<const engine::Classification>(context, engine::DatasetPair{set, set});
  }();
  return made;
}

void make(const engine::Json& point) {
  const auto spec = engine::spec_from_json(point, task());
  if (spec->genome->layout(spec->network).learned.empty()) std::abort();
  constexpr std::int64_t kFastBytes = 200000;  // of a block
  for (const bool stored : {true, false})
    for (const Backend backend : {Backend::cpu, Backend::cuda})
      if (engine::compile(*spec, stored, backend, backend == Backend::cpu ? 0 : kFastBytes).state_bytes <= 0)
        std::abort();
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
