// `--device`: where a run takes place.
#pragma once

#include <innate/kernels/context.h>

#include <stdexcept>
#include <string>

namespace innate::host {

/// A device that is not known, or was asked for and cannot be used.
class DeviceError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ChosenDevice {
  Context context;
  std::string remark;  // why not CUDA, where `auto` fell back on the CPU; else empty
};

/// choice: auto, cpu, cuda or cuda:N. threads: of the CPU.
ChosenDevice choose_device(const std::string& choice, int threads);

}  // namespace innate::host
