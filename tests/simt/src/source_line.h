// From a code address to the words of a report.
#pragma once

#include <string>

namespace simt::detail {

/// "wiring.cuh:31" for the call that returns to `return_address`; the innermost line outside of system
/// headers.
std::string source_line(const void* return_address);
/// "kernel innate::(anonymous namespace)::forward(...)"
std::string function_name(const void* function);

}  // namespace simt::detail
