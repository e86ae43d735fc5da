// What an experiment means: which runs it has, whatever they are called, in whatever order, in whatever
// words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/experiment/experiment.h"

namespace innate::host {

/// A point without its name, title, source, seed and replicas, as JSON with its keys in alphabetical order:
/// runs of the same identity and seed, trained on the same data, are the same to the last bit.
std::string identity(const Json& spec);
/// Of a point that may have been written by another version, which filled in other defaults: as this one
/// would write it. Empty where this one does not read it.
std::string identity_now(const std::string& written);

/// How the runs of an experiment lie to those of another.
enum class Relation {
  same,      // the same runs
  larger,    // all of the other's, and more
  different  // it lacks some
};
Relation relation(const Experiment& experiment, const Experiment& other);

/// Whether the runs also have the same names, in the same order, so that their tables are the same.
bool same_tables(const Experiment& a, const Experiment& b);

/// For people: the first thing that differs in what two experiments mean, "genome.genes is 26 in a and 11 in
/// b".
std::string difference(const Experiment& a, const Experiment& b, const std::string& a_name,
                       const std::string& b_name);

}  // namespace innate::host
