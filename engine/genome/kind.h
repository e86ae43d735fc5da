// A kind of genome as the registry knows it: its name in an experiment, its fields, and how it is made of
// them.
#pragma once

#include <memory>

#include "innate/engine/genome.h"
#include "innate/engine/json.h"

namespace innate::engine {

struct GenomeKind {
  const char* type;
  Value (*fields)();
  std::unique_ptr<Genome> (*make)(const Json&);
};

}  // namespace innate::engine
