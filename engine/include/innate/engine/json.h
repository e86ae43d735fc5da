// What the engine is made of, from JSON as an experiment has it: as it was written, or with all defaults
// written out (schema.h: resolve). Every function throws SchemaError, which names the field, where JSON says
// what the table (schemas.h) does not allow.
#pragma once

#include <memory>

#include "innate/engine/schema.h"
#include "innate/engine/spec.h"
#include "innate/kernels/api.h"

namespace innate::engine {

INNATE_API std::unique_ptr<Genome> genome_from_json(const Json& json);
/// What genome_from_json makes the same genome of: its type and every field.
INNATE_API Json genome_to_json(const Genome& genome);

/// For images of this size.
INNATE_API Network network_from_json(const Json& json, int height, int width, int channels);

/// `samples`: images of the training set (an epoch is samples / batch steps).
INNATE_API std::shared_ptr<const Learner> learner_from_json(const Json& json, int samples);

INNATE_API Testing testing_from_json(const Json& json);

/// From a point of an experiment, for images that are loaded. Throws SchemaError also where the experiment
/// does not fit them.
INNATE_API std::shared_ptr<const Spec> spec_from_json(const Json& point,
                                                      std::shared_ptr<const Classification> task);

/// One object's fields. Lists and null are no options: Error.
INNATE_API Options options_from_json(const Json& json);
INNATE_API Json json_from_options(const Options& options);

}  // namespace innate::engine
