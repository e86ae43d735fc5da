// Plan: where a program's arrays lie, worked out before anything is allocated.
//
// State arrays lie behind each other in the replica's block. Of a section's scratch, arrays whose lives do
// not overlap share memory. Where a worker has fast memory (a block's shared memory), the arrays that are
// touched most often for their size lie there, state arrays as copies; what finds no room stays in the slower
// memory, and every instruction works on either.
#pragma once

#include <vector>

#include "innate/kernels/api.h"
#include "kernels/program/program.h"

namespace innate::program {

/// Where an array of a section lies.
struct Location {
  int64_t offset = 0;       // in the state block, the scratch or a core's own
  int64_t fast_offset = 0;  // in fast memory
  int64_t bytes = 0;
  Where where = Where::scratch;
  bool fast = false;
  bool fetched = false;  // a copy of state: brought in at the start of a run
  bool written = false;  // and taken back at its end
};

struct SectionPlan {
  std::vector<Location>
      locations;  // of each of the program's arrays; those that the section does not touch: 0 bytes
  int64_t scratch_bytes = 0, core_bytes = 0, fast_bytes = 0;
};

/// Bytes of a replica's state, and where in it each state array lies.
INNATE_API int64_t state_bytes(const Code& code);
INNATE_API std::vector<int64_t> state_offsets(const Code& code);

/// Plans a section for workers with so many bytes of fast memory, and sets its instructions' barriers.
INNATE_API SectionPlan plan(const Code& code, Section* section, int64_t fast_bytes);

}  // namespace innate::program
