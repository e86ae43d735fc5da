// Basis for one replica on one core.
#pragma once

#include "kernels/basis/call.h"

namespace innate::basis::cpu {

/// Columns `column` (a multiple of 4) to column + columns - 1 of `lines` lines of R from `line` on, packed.
void fill(uint64_t seed, const Piece& piece, float* to);

/// What all rows share: W, and features where R has to be made.
void prepare(const Replica& r);
/// y for `count` rows of A from `first` on, after `prepare`.
void forward_rows(const Replica& r, int64_t first, int64_t count);
void backward(const Replica& r);

/// For numbers `first` to first + count - 1: adds their part to theta (which `first` 0 sets to zero before),
/// and writes their dc.
void combine(const CombinationCall& call, int replica, int64_t first, int64_t count);
void combine_backward(const CombinationCall& call, int replica, int64_t first, int64_t count);

}  // namespace innate::basis::cpu
