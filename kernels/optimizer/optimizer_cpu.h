// The optimizer for one replica on one core.
#pragma once

#include "kernels/optimizer/call.h"

namespace innate::optimizer::cpu {

void adam(const Call& call, int replica);
void sgd(const Call& call, int replica);

}  // namespace innate::optimizer::cpu
