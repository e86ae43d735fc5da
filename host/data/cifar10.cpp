#include "host/data/set_format.h"

#include <limits>

#include "host/data/data_error.h"
#include "host/data/file_kind.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

constexpr int side = 32, channels = 3, classes = 10;
constexpr std::size_t plane = side * side, record = 1 + channels * plane;  // 3,073 bytes
constexpr std::size_t records_at_once = 256;

[[noreturn]] void refuse_label(int label, std::uint64_t number, const fs::path& file) {
  throw DataError(file, "label " + std::to_string(label) + " in record " + std::to_string(number),
                  "labels 0 to 9 at the start of records of 3073 bytes",
                  "check that this is CIFAR-10's binary version, or fetch it again");
}

[[noreturn]] void refuse_length(std::uint64_t bytes, const fs::path& file) {
  const std::string parts = bytes == 0
                                ? ""
                                : " (" + std::to_string(bytes / record) + " records of 3073 bytes and " +
                                      std::to_string(bytes % record) + " more)";
  throw DataError(file, std::to_string(bytes) + " bytes" + parts,
                  bytes == 0 ? "records of 3073 bytes" : "whole records", "fetch or copy the file again");
}

/// Where not even the first record is one, the file may be something else altogether.
void require_records(std::span<const std::uint8_t> first, const fs::path& file) {
  const FileKind kind = kind_of(first);
  if (first.empty() || kind.form == FileKind::Form::unknown || (first.size() >= record && first[0] < classes))
    return;
  throw DataError(file, kind.what, "records of 3073 bytes (CIFAR-10's binary version)", kind.advice);
}

/// Appends one record to `part`, its planes woven into pixels.
void add_record(std::span<const std::uint8_t, record> bytes, SetPart* part) {
  part->labels.push_back(bytes[0]);
  const std::size_t first = part->images.size();
  part->images.resize(first + channels * plane);
  std::uint8_t* pixel = part->images.data() + first;
  for (std::size_t p = 0; p < plane; ++p)
    for (std::size_t c = 0; c < channels; ++c) *pixel++ = bytes[1 + c * plane + p];
}

}  // namespace

SetPart read_cifar10(ByteSource& bytes, const fs::path& file) {
  SetPart part{file, 0, side, side, channels, {}, {}};
  std::vector<std::uint8_t> buffer(records_at_once * record);
  for (std::size_t got = buffer.size(); got == buffer.size();) {
    got = bytes.read(buffer);
    if (part.labels.empty()) require_records(std::span(buffer).first(got), file);
    for (std::size_t at = 0; at + record <= got; at += record) {
      if (buffer[at] >= classes) refuse_label(buffer[at], part.labels.size() + 1, file);
      add_record(std::span(buffer).subspan(at).first<record>(), &part);
    }
    if (got % record != 0) refuse_length(record * part.labels.size() + got % record, file);
  }
  if (part.labels.empty()) refuse_length(0, file);
  if (part.labels.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw DataError(file, std::to_string(part.labels.size()) + " images", "at most 2147483647",
                    "divide the set");
  part.count = static_cast<int>(part.labels.size());
  return part;
}

}  // namespace innate::host
