// Expression for one replica on one core.
#pragma once

#include "kernels/expression/call.h"

namespace innate::expression::cpu {

void profiles(const Call& call, int replica);
void profiles_backward(const Call& call, int replica);
void expand(const Call& call, int replica);
void expand_backward(const Call& call, int replica);

}  // namespace innate::expression::cpu
