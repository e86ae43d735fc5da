// Who made a result, with what, where and when.
#pragma once

#include <innate/kernels/context.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace innate::host {

std::string version();
/// Changes whenever the sources, the compiler or its flags do; checkpoints of another build are refused.
std::string build_id();
/// Names and versions of the libraries that this build uses.
nlohmann::ordered_json libraries();
/// version, build, command line, host, device, libraries; the times are added by the run.
nlohmann::ordered_json provenance(const std::vector<std::string>& command_line, const Context& context);
/// Now, as "2026-11-22T13:45:07Z".
std::string time_text();

}  // namespace innate::host
