// How much memory the replicas of a cohort may take, and how a cohort is cut where that is not enough.
#pragma once

#include <innate/kernels/context.h>

#include <cstddef>
#include <string>
#include <vector>

namespace innate::host {

/// "800M", "2.5G": bytes with K, M, G or T (powers of 1,024), or none. Throws DeviceError.
std::size_t parse_bytes(const std::string& text);
/// "512 B", "37.5 MB".
std::string bytes_text(std::size_t bytes);

/// `limit` as asked for, or (0) four fifths of what the device, or this process on the CPU, could still take.
std::size_t memory_to_use(const Context& context, std::size_t limit);

/// Cuts [0, bytes.size()) into the fewest pieces of consecutive replicas that fit, each as even as that
/// allows: returns where each begins. A replica that does not fit alone gets a piece of its own.
std::vector<std::size_t> cut_to_fit(const std::vector<std::size_t>& bytes, std::size_t limit);

}  // namespace innate::host
