// What each file of this folder gives to the registry.
#pragma once

#include <memory>

#include "innate/engine/genome.h"

namespace innate::engine {

Value direct_schema();
std::unique_ptr<Genome> make_direct(const Json& json);

Value gem_schema();
std::unique_ptr<Genome> make_gem(const Json& json);

Value spatial_gem_schema();
std::unique_ptr<Genome> make_spatial_gem(const Json& json);

Value random_basis_schema();
std::unique_ptr<Genome> make_random_basis(const Json& json);

Value intrinsic_dimension_schema();
std::unique_ptr<Genome> make_intrinsic_dimension(const Json& json);

}  // namespace innate::engine
