#include "host/command/device.h"

#include <charconv>
#include <optional>

namespace innate::host {

namespace {

std::optional<int> cuda_ordinal(const std::string& choice) {
  if (choice == "cuda") return 0;
  if (choice.rfind("cuda:", 0) != 0) return std::nullopt;
  int ordinal = -1;
  const char *begin = choice.data() + 5, *end = choice.data() + choice.size();
  const auto [stop, error] = std::from_chars(begin, end, ordinal);
  if (error != std::errc() || stop != end || ordinal < 0) return std::nullopt;
  return ordinal;
}

}  // namespace

ChosenDevice choose_device(const std::string& choice, int threads) {
  if (choice == "cpu") return {Context::cpu(threads), ""};
  std::string why_not;
  const int devices = static_cast<int>(cuda_devices(&why_not).size());
  if (choice == "auto") {
    if (devices > 0) return {Context::cuda(0), ""};
    return {Context::cpu(threads), "no CUDA device is used: " + why_not};
  }
  const auto ordinal = cuda_ordinal(choice);
  if (!ordinal)
    throw DeviceError("--device '" + choice + "' is not known; it may be auto, cpu, cuda or cuda:N");
  if (devices == 0) throw DeviceError("--device " + choice + ": no CUDA device can be used: " + why_not);
  if (*ordinal >= devices)
    throw DeviceError("--device " + choice + ": there are " + std::to_string(devices) +
                      " CUDA devices, counted from 0");
  return {Context::cuda(*ordinal), ""};
}

}  // namespace innate::host
