// CIFAR-10's binary version: records of a label and 32 x 32 pixels, first all red, then all green, then all
// blue.
#pragma once

#include "host/data/set_format.h"

namespace innate::host {

/// One file of such records, any number of them; the images become height x width x channels. Memory grows
/// with what the file holds. Throws DataError.
SetPart read_cifar10(ByteSource& bytes, const std::filesystem::path& file);

}  // namespace innate::host
