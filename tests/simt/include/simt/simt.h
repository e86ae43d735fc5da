// Includes everything that kernel source and its host code need, in place of <cuda_runtime.h>.
//
// The executor runs CUDA C++ compiled by g++: every thread of a block is a fiber on the calling OS thread.
// README.md says what it models. Include this header before or after the standard ones; it needs no CUDA
// toolkit.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "simt/asynchronous.h"
#include "simt/atomics.h"
#include "simt/collectives.h"
#include "simt/config.h"
#include "simt/counters.h"
#include "simt/intrinsics.h"
#include "simt/launch.h"
#include "simt/runtime.h"
#include "simt/tensor.h"
#include "simt/types.h"
#include "simt/vectors.h"
