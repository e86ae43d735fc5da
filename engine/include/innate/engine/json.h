// What the engine is made of, from JSON as an experiment has it: as it was written, or with all defaults
// written out (schema.h: resolve). Every function throws SchemaError, which names the field, where JSON says
// what the engine's parts of the experiment's table do not allow: each of these lists the types that this
// build offers, with their fields.
#pragma once

#include <memory>

#include "innate/engine/schema.h"
#include "innate/engine/spec.h"
#include "innate/kernels/api.h"

namespace innate::engine {

/// `genome`: a variant with one type for each encoding.
INNATE_API Value genome_schema();

/// `network`: its layers, a variant with one type for each kind.
INNATE_API Value network_schema();

/// `task`: a variant with one type for each kind.
INNATE_API Value task_schema();

/// `learning`: a variant with one type for each learning rule.
INNATE_API Value learning_schema();

/// `test`: an object, how often and on what the network is tested.
INNATE_API Value test_schema();

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

/// One object's fields. Null, and lists of anything but words, are no options: Error.
INNATE_API Options options_from_json(const Json& json);
INNATE_API Json json_from_options(const Options& options);

}  // namespace innate::engine
