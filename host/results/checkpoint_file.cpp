#include "host/results/checkpoint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "host/results/atomic_file.h"
#include "host/results/bytes.h"
#include "host/results/sha256.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;
using enum CheckpointProblem;

constexpr std::string_view magic = "INNATECK";
constexpr std::size_t fixed_bytes = magic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);
constexpr std::size_t digest_bytes = 64;

std::vector<std::uint8_t> identity_bytes(const CheckpointHeader& header) {
  ByteWriter writer;
  writer.string(header.build);
  writer.string(header.backend);
  writer.string(header.experiment);
  return writer.take();
}

// Everything before the payload's own bytes.
std::vector<std::uint8_t> front_bytes(const CheckpointHeader& header, std::size_t payload_size) {
  const auto identity = identity_bytes(header);
  ByteWriter writer;
  for (const char c : magic) writer.u8(static_cast<std::uint8_t>(c));
  writer.u32(checkpoint_format);
  writer.u64(fixed_bytes + identity.size() + sizeof(std::uint64_t) + payload_size + digest_bytes);
  auto front = writer.take();
  front.insert(front.end(), identity.begin(), identity.end());
  ByteWriter count;
  count.u64(payload_size);
  front.insert(front.end(), count.data().begin(), count.data().end());
  return front;
}

// One checkpoint that is being read, and the sentences about what is wrong with it.
struct Reading {
  const fs::path& file;
  std::string text;  // the whole file

  [[noreturn]] void refuse(CheckpointProblem problem, std::string_view sentence) const {
    throw CheckpointError(problem, fmt::format("{}: {}", file.string(), sentence));
  }

  void check_magic() const {
    const auto present = std::min(text.size(), magic.size());
    if (text.substr(0, present) != magic.substr(0, present))
      refuse(bad_magic, "this is not a checkpoint (its first bytes are not INNATECK)");
  }

  void check_format() const {
    if (text.size() < fixed_bytes)
      refuse(truncated,
             fmt::format("the checkpoint is cut off: it has {} bytes, not even a full header; remove it to "
                         "start from the beginning",
                         text.size()));
    const auto found = ByteReader(as_bytes(text).subspan(magic.size())).u32();
    if (found != checkpoint_format)
      refuse(other_format,
             fmt::format("the checkpoint has format {}{}, this program reads format {}; go on with the "
                         "program that wrote it, or remove it to start from the beginning",
                         found, found == 1 ? ", of innate 0.1" : "", checkpoint_format));
  }

  void check_length() const {
    const auto claimed = ByteReader(as_bytes(text).subspan(magic.size() + sizeof(std::uint32_t))).u64();
    if (text.size() < claimed || text.size() < fixed_bytes + digest_bytes)
      refuse(truncated,
             fmt::format("the checkpoint is cut off: it has {} bytes and says it has {}; remove it to start "
                         "from the beginning",
                         text.size(), claimed));
    if (text.size() > claimed)
      refuse(checksum,
             fmt::format("the checkpoint is damaged: it has {} bytes and says it has {}; remove it to start "
                         "from the beginning",
                         text.size(), claimed));
  }

  std::string_view signed_part() const {
    return std::string_view(text).substr(0, text.size() - digest_bytes);
  }

  void check_checksum() const {
    if (sha256_hex(signed_part()) != text.substr(text.size() - digest_bytes))
      refuse(checksum,
             "the checkpoint is damaged: its checksum does not match; remove it to start from the beginning");
  }

  void check_same(CheckpointProblem problem, std::string_view what, const std::string& found,
                  const std::string& expected) const {
    if (found == expected) return;
    refuse(
        problem,
        fmt::format("the checkpoint was written by another {} ('{}', this is '{}'): results would not be the "
                    "same bits; go on with that one, or remove it to start from the beginning",
                    what, found, expected));
  }

  void check_identity(const CheckpointHeader& found, const CheckpointHeader& expected) const {
    check_same(other_build, "build", found.build, expected.build);
    check_same(other_backend, "backend", found.backend, expected.backend);
    if (found.experiment != expected.experiment)
      refuse(other_experiment,
             fmt::format("the checkpoint belongs to another experiment (digest {:.12}, this one has "
                         "{:.12}); choose another results folder",
                         found.experiment, expected.experiment));
  }

  // Can only fail where a file with a right checksum was written by something else than write_checkpoint.
  std::vector<std::uint8_t> payload(const CheckpointHeader& expected) const try {
    ByteReader reader(as_bytes(signed_part()).subspan(fixed_bytes));
    CheckpointHeader found;
    found.build = reader.string();
    found.backend = reader.string();
    found.experiment = reader.string();
    check_identity(found, expected);
    auto bytes = reader.bytes();
    reader.expect_end();
    return bytes;
  } catch (const CheckpointError&) {
    throw;
  } catch (const ResultsError& error) {
    refuse(checksum, error.what());
  }
};

std::string read_or_refuse(const fs::path& file) {
  std::error_code ignored;
  const auto status = fs::status(file, ignored);
  if (status.type() == fs::file_type::not_found)
    throw CheckpointError(missing, fmt::format("{}: there is no checkpoint", file.string()));
  try {
    return read_file(file);
  } catch (const ResultsError& error) {
    throw CheckpointError(unreadable, error.what());
  }
}

}  // namespace

void write_checkpoint(const fs::path& file, const CheckpointHeader& header,
                      std::span<const std::uint8_t> payload) {
  const auto front = front_bytes(header, payload.size());
  const std::string digest = sha256({front, payload});
  const std::array<std::string_view, 3> pieces{as_text(front), as_text(payload), digest};
  write_file(file, pieces);
}

std::vector<std::uint8_t> read_checkpoint(const fs::path& file, const CheckpointHeader& expected) {
  const Reading reading{file, read_or_refuse(file)};
  reading.check_magic();
  reading.check_format();
  reading.check_length();
  reading.check_checksum();
  return reading.payload(expected);
}

}  // namespace innate::host
