// The kinds of genome, by the name they have in an experiment.
#include "engine/genome/registry.h"

#include "innate/engine/genome.h"
#include "innate/engine/schemas.h"

namespace innate::engine {

namespace {

struct Kind {
  const char* type;
  Value (*schema)();
  std::unique_ptr<Genome> (*make)(const Json&);
};

constexpr Kind kKinds[] = {
    {"direct", direct_schema, make_direct},
    {"gem", gem_schema, make_gem},
    {"spatial_gem", spatial_gem_schema, make_spatial_gem},
    {"random_basis", random_basis_schema, make_random_basis},
    {"intrinsic_dimension", intrinsic_dimension_schema, make_intrinsic_dimension},
};

}  // namespace

Value genome_schema() {
  std::vector<std::pair<std::string, Value>> types;
  for (const Kind& kind : kKinds) types.emplace_back(kind.type, kind.schema());
  return variant(std::move(types));
}

std::unique_ptr<Genome> genome_from_json(const Json& json) {
  const std::string type = json.at("type");
  for (const Kind& kind : kKinds)
    if (type == kind.type) return kind.make(json);
  throw SchemaError("genome.type", "there is no genome '" + type + "'");
}

}  // namespace innate::engine
