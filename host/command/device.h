// `--device`: where a run takes place.
#pragma once

#include <innate/kernels/context.h>

#include <string>

namespace innate::host {

struct ChosenDevice {
  Context context;
  std::string remark;  // why not CUDA, where `auto` fell back on the CPU; else empty
};

/// choice: auto, cpu, cuda or cuda:N. threads: of the CPU. Throws UsageError for a device that is not known,
/// or cannot be used.
ChosenDevice choose_device(const std::string& choice, int threads);

}  // namespace innate::host
