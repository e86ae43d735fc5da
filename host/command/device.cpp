#include "host/command/device.h"

#include <limits>
#include <optional>

#include "host/command/decimal.h"
#include "host/command/exit_status.h"

namespace innate::host {

namespace {

std::optional<std::uint64_t> cuda_ordinal(const std::string& choice) {
  if (choice == "cuda") return 0;
  if (choice.rfind("cuda:", 0) != 0) return std::nullopt;
  return parse_decimal(std::string_view(choice).substr(5), std::numeric_limits<int>::max());
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
    throw UsageError("--device '" + choice + "' is not known; it may be auto, cpu, cuda or cuda:N");
  if (devices == 0) throw UsageError("--device " + choice + ": no CUDA device can be used: " + why_not);
  if (*ordinal >= static_cast<std::uint64_t>(devices))
    throw UsageError(
        "--device " + choice + ": there " +
        (devices == 1 ? "is 1 CUDA device" : "are " + std::to_string(devices) + " CUDA devices") +
        ", counted from 0");
  return {Context::cuda(static_cast<int>(*ordinal)), ""};
}

}  // namespace innate::host
