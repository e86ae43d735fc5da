// The kinds of genome that an experiment can name.
#include <algorithm>
#include <iterator>

#include "engine/genome/frozen.h"
#include "engine/genome/parts.h"
#include "innate/engine/json.h"

namespace innate::engine {

#define INNATE_GENOMES(X) \
  X(direct) X(gem) X(spatial_gem) X(random_basis) X(intrinsic_dimension) X(developmental)

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
  for (const GenomeKind* kind : kKinds) {
    types.push_back({kind->type, kind->fields()});
    for (Field& field : inheritance_fields()) types.back().value.fields.push_back(std::move(field));
  }
  return variant(std::move(types));
}

std::unique_ptr<Genome> genome_from_json(const Json& json) {
  const Json resolved = resolve(genome_schema(), json, "genome");
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const GenomeKind* one) {
    return resolved.at("type") == one->type;
  });  // one of them: the table is made of them
  return with_frozen((*kind)->make(resolved), resolved);
}

std::unique_ptr<Genome> make_genome(const Options& options) {
  return genome_from_json(json_from_options(options));
}

Json genome_to_json(const Genome& genome) { return json_from_options(genome.options()); }

}  // namespace innate::engine
