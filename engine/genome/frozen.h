// Which of its arrays learning changes, of a genome of any kind, where an experiment names them.
#pragma once

#include <memory>
#include <vector>

#include "innate/engine/genome.h"
#include "innate/engine/schema.h"

namespace innate::engine {

/// The fields that every kind of genome has beside its own: `frozen`, `learns`, `from` and `drawn`.
std::vector<Field> inheritance_fields();

/// The genome of which `json`'s `frozen` or `learns` says what is learned; the same one where it says
/// nothing. Throws SchemaError where these fields contradict each other. The genome's `layout`, and all that
/// needs it, throws SchemaError where a name is none of an array, or no array would be learned.
std::unique_ptr<Genome> with_frozen(std::unique_ptr<Genome> genome, const Json& json);

}  // namespace innate::engine
