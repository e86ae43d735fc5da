#include "kernels/core/context_cuda.h"

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
