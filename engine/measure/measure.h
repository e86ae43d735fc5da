// What a test measures of a network beside its answers (learning.h: Measure).
#pragma once

#include <cstdint>
#include <vector>

#include "innate/engine/grown.h"
#include "innate/engine/spec.h"

namespace innate::engine {

/// How far images lie from the mean of their class, and the means of classes from each other: means of
/// Euclidean distances, over images and over pairs of classes. Only classes that have an image count;
/// `between` is 0 where that is one class.
struct ClassDistances {
  double within = 0, between = 0;
};
/// `points`: images x units, row-major; `labels`: of each image.
ClassDistances class_distances(const std::vector<float>& points, std::int64_t units,
                               const std::vector<std::uint8_t>& labels);

/// All that the spec's tests measure so, of the network that grows from these numbers; nothing depends on
/// the context but where it is computed.
std::vector<Measured> measured(Context& context, const Spec& spec, std::uint64_t seed, const Draw& numbers);

}  // namespace innate::engine
