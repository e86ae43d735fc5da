// The engine's parts of the experiment's table: each lists the types that this build offers, with their
// fields (json.h makes them).
#pragma once

#include "innate/engine/schema.h"
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

}  // namespace innate::engine
