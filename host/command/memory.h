// How much memory the replicas in training may take.
#pragma once

#include <innate/kernels/context.h>

#include <cstddef>
#include <string>

namespace innate::host {

/// "800M", "2.5G": bytes with K, M, G or T (powers of 1,024), or none. Throws UsageError.
std::size_t parse_bytes(const std::string& text);
/// "512 B", "37.5 MB".
std::string bytes_text(std::size_t bytes);

/// `limit` as asked for, or (0) four fifths of what the device, or this process on the CPU, could still take:
/// of what is free, what its control groups leave it, and what its limits do (ulimit -v and -d).
std::size_t memory_to_use(const Context& context, std::size_t limit);

}  // namespace innate::host
