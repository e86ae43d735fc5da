// The classifier for one replica on one core.
#pragma once

#include "kernels/classifier/call.h"

namespace innate::classifier::cpu {

void cross_entropy(const Call& call, int replica);

}  // namespace innate::classifier::cpu
