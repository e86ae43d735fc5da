#include "kernels/program/machine.h"

namespace innate::program {

std::unique_ptr<Machine> machine(Context&) { return nullptr; }

}  // namespace innate::program
