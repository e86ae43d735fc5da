#include "host/results/genomes_file.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "host/results/atomic_file.h"
#include "host/results/bytes.h"
#include "host/results/error.h"
#include "host/results/sha256.h"

namespace innate::host {
namespace {

constexpr std::string_view magic = "INNATEGN";
constexpr std::uint32_t format = 1;
constexpr std::size_t digest_bytes = 64;
constexpr const char* run_again = "remove the folder and run the experiment again";

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view what) {
  throw ResultsError(fmt::format("{}: {}; {}", file.string(), what, run_again));
}

std::vector<StoredGenome> read_payload(ByteReader in, const std::filesystem::path& file,
                                       const std::string& experiment) {
  if (const std::uint32_t found = in.u32(); found != format)
    refuse(file, fmt::format("these genomes have format {}, this program reads format {}", found, format));
  if (in.string() != experiment)
    refuse(file, "these are the genomes of another experiment than the experiment.json beside them");
  std::vector<StoredGenome> genomes;
  const std::uint64_t count = in.u64();
  for (std::uint64_t i = 0; i < count; ++i) {
    StoredGenome genome;
    genome.height = static_cast<std::int32_t>(in.u32());
    genome.width = static_cast<std::int32_t>(in.u32());
    genome.channels = static_cast<std::int32_t>(in.u32());
    genome.density = in.f64();
    genome.learned = in.floats();
    genomes.push_back(std::move(genome));
  }
  in.expect_end();
  return genomes;
}

}  // namespace

void write_genomes(const std::filesystem::path& file, const std::string& experiment,
                   const std::vector<StoredGenome>& genomes) {
  ByteWriter out;
  for (const char c : magic) out.u8(static_cast<std::uint8_t>(c));
  out.u32(format);
  out.string(experiment);
  out.u64(genomes.size());
  for (const StoredGenome& genome : genomes) {
    out.u32(static_cast<std::uint32_t>(genome.height));
    out.u32(static_cast<std::uint32_t>(genome.width));
    out.u32(static_cast<std::uint32_t>(genome.channels));
    out.f64(genome.density);
    out.floats(genome.learned);
  }
  const std::string digest = sha256({out.data()});
  write_file(file, std::array<std::string_view, 2>{as_text(out.data()), digest});
}

std::vector<StoredGenome> read_genomes(const std::filesystem::path& file, const std::string& experiment) {
  const std::string text = read_file(file);
  if (text.substr(0, magic.size()) != magic) refuse(file, "this is not a file of genomes");
  if (text.size() < magic.size() + digest_bytes) refuse(file, "the genomes are cut off");
  const std::string_view content = std::string_view(text).substr(0, text.size() - digest_bytes);
  if (sha256_hex(content) != std::string_view(text).substr(content.size()))
    refuse(file, "the genomes are cut off or damaged: their checksum does not match");
  return read_payload(ByteReader(as_bytes(content).subspan(magic.size())), file, experiment);
}

}  // namespace innate::host
