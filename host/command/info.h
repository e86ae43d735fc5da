// `innate info`: what this build is and what it finds on this machine.
#pragma once

#include <string>
#include <vector>

namespace innate::host {

int info(const std::vector<std::string>& data);

}  // namespace innate::host
