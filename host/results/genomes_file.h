#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace innate::host {

/// What a results folder keeps of one run: with it and the experiment, its network can be grown again. No
/// data set is needed for that.
struct StoredGenome {
  std::int32_t height = 0, width = 0, channels = 1;  // of the images that it was trained on
  double density = 1;                                // share of their pixels that are not 0
  std::vector<float> learned;  // after the run's last step, in the order of the genome's layout

  bool operator==(const StoredGenome&) const = default;
};

/// One a run, in the order of runs in the experiment; `learned` is empty for a run that has not ended.
///
/// The file, little-endian (bytes.h): "INNATEGN"  u32 format  string experiment  u64 runs, then for each run
///   u32 height  u32 width  u32 channels  f64 density  floats learned
/// and the SHA-256 of everything before it (64 hexadecimal digits). Written whole or not at all. `experiment`
/// is the digest of the resolved experiment (sha256_hex).
void write_genomes(const std::filesystem::path& file, const std::string& experiment,
                   const std::vector<StoredGenome>& genomes);

/// Throws ResultsError where the file is missing, damaged, or of another experiment.
std::vector<StoredGenome> read_genomes(const std::filesystem::path& file, const std::string& experiment);

}  // namespace innate::host
