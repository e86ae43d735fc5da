// The kinds of genome that an experiment can name.
#include "engine/genome/kind.h"
#include "innate/engine/schemas.h"

namespace innate::engine {

#define INNATE_GENOMES(X) X(direct) X(gem) X(spatial_gem) X(random_basis) X(intrinsic_dimension)

#define INNATE_DECLARE(kind) extern const GenomeKind kind##_kind;
INNATE_GENOMES(INNATE_DECLARE)
#undef INNATE_DECLARE

namespace {

#define INNATE_LIST(kind) &kind##_kind,
const GenomeKind* const kKinds[] = {INNATE_GENOMES(INNATE_LIST)};
#undef INNATE_LIST

}  // namespace

Value genome_schema() {
  std::vector<Type> types;
  for (const GenomeKind* kind : kKinds) types.push_back({kind->type, kind->fields()});
  return variant(std::move(types));
}

std::unique_ptr<Genome> genome_from_json(const Json& json) {
  const std::string type = json.at("type");
  for (const GenomeKind* kind : kKinds)
    if (type == kind->type) return kind->make(json);
  throw SchemaError("genome.type", "there is no genome '" + type + "'");
}

}  // namespace innate::engine
