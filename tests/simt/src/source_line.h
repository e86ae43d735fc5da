// From a code address to the words of a report. Asking for many at once takes little longer than for one.
#pragma once

#include <string>
#include <vector>

namespace simt::detail {

/// "wiring.cuh:31" for the call that returns to `return_address`; the innermost line outside of the system's
/// headers and the executor's.
std::string source_line(const void* return_address);
std::vector<std::string> source_lines(const std::vector<const void*>& return_addresses);
/// "innate::(anonymous namespace)::forward(...)"
std::string function_name(const void* function);
std::vector<std::string> function_names(const std::vector<const void*>& functions);

}  // namespace simt::detail
