// The files of a set, read and compared with what was published.
#pragma once

#include <vector>

#include "host/data/find_sets.h"

namespace innate::host {

/// Reads file `index` of the format from `bytes` and, where `known` is not null, compares its SHA-256 with
/// the published one. Throws DataError.
SetPart read_part(const SetFormat& format, int index, ByteSource& bytes, const std::filesystem::path& file,
                  const KnownSet* known);

/// All parts, in the order of the format, which is written to `format`. Throws DataError.
std::vector<SetPart> read_parts(const FoundSet& set, const KnownSet* known, const SetFormat** format);

}  // namespace innate::host
