#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "host/results/error.h"

namespace innate::host {

/// The file, little-endian (bytes.h):
///   "INNATECK"  u32 format  u64 bytes of the whole file  string build  string backend  string experiment
///   payload (u64 count, bytes)  SHA-256 of everything before it (64 hexadecimal digits)
inline constexpr std::uint32_t checkpoint_format = 2;  // 1: innate 0.1

/// Who wrote a checkpoint. Only the same three may go on from it: another build or backend would give other
/// bits.
struct CheckpointHeader {
  std::string build;       // id of the build, as in provenance.json
  std::string backend;     // "cpu", "cuda", ...
  std::string experiment;  // digest of the resolved experiment (sha256_hex)
};

enum class CheckpointProblem {
  missing,
  unreadable,
  truncated,
  bad_magic,
  other_format,
  checksum,
  other_build,
  other_backend,
  other_experiment
};

struct CheckpointError : ResultsError {
  CheckpointError(CheckpointProblem kind, const std::string& text) : ResultsError(text), problem(kind) {}
  CheckpointProblem problem;
};

/// Atomic (atomic_file.h): a kill leaves the old checkpoint or the new one.
void write_checkpoint(const std::filesystem::path& file, const CheckpointHeader& header,
                      std::span<const std::uint8_t> payload);

/// The payload; throws CheckpointError with one sentence a problem. Looked at in this order: missing,
/// unreadable, magic, format, length, checksum, build, backend, experiment.
std::vector<std::uint8_t> read_checkpoint(const std::filesystem::path& file,
                                          const CheckpointHeader& expected);

}  // namespace innate::host
