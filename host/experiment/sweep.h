// What `sweep` says: the values that each point gives to some paths, and where each was written.
#pragma once

#include <innate/engine/schema.h>

#include <string>
#include <vector>

#include "path.h"

namespace innate::host {

struct Assignment {
  Path path;
  std::string written;  // the path as the sweep writes it: a column's name
  Json value;
  std::string where;  // `variants[1].sweep["genome.genes"][2]`
};

/// The assignments of one point, in the order in which they are made.
using Assignments = std::vector<Assignment>;

/// The points of a sweep: `{path: [values]}` is a product in written order, the last key fastest, and a list
/// of objects holds the points themselves.
std::vector<Assignments> read_sweep(const Json& sweep, const std::string& where);

/// Every point of `slow` with every point of `fast`, `fast` running faster. Throws if a point gives a path
/// twice, or gives a part of a value and then all of it.
std::vector<Assignments> product(const std::vector<Assignments>& slow, const std::vector<Assignments>& fast);

}  // namespace innate::host
