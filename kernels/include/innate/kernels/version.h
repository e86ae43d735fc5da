// The version, and the one place where it is written (CMake reads it here).
// No ABI promise before 1.0: a program must be compiled again for every 0.x.y.
#pragma once

#define INNATE_VERSION_MAJOR 0
#define INNATE_VERSION_MINOR 3
#define INNATE_VERSION_PATCH 0
#define INNATE_VERSION "0.3.0"
