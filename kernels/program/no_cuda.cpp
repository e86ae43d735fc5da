// What stands for the device where a build has none.
#include "kernels/core/context_cuda.h"
#include "kernels/program/machine.h"

namespace innate::cuda {

std::unique_ptr<Device> open(int, void*) {
  throw Error("this build has no CUDA: no CUDA toolkit was found when it was configured");
}

std::vector<DeviceInfo> devices(std::string* why_not) {
  if (why_not) *why_not = "built without CUDA";
  return {};
}

void begin_range(const char*) {}
void end_range() {}

}  // namespace innate::cuda

namespace innate::program {

std::unique_ptr<Machine> machine(Context&) { return nullptr; }

}  // namespace innate::program
