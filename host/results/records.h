// The one binary format of a results folder: records of named arrays, one after the other. A file grows by
// appending, and a crash while it grows costs the record that was being written and no other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/results/file.h"

namespace innate::host {

struct Array {
  std::string name;
  std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>, std::string> values;

  bool operator==(const Array&) const = default;
};

struct Record {
  std::string name;  // of what it is one: "run"
  std::vector<Array> arrays;

  /// The values of an array. Throws ResultsError where there is none of that name, or of that type.
  template <class Values>
  const Values& get(std::string_view array) const;

  bool operator==(const Record&) const = default;
};

/// The file, little-endian (bytes.h): "INNATERC", u32 format, then records:
///   u64 bytes of the front, u64 bytes of the back   8 digits, the first of the SHA-256 of these sixteen
///   bytes front: string name, u64 arrays, and for each a string name, u8 'f' 'd' 'i' or 's', and the values;
///   of
///          'f', which may be many, only how many (u64)
///   SHA-256 of the front, 64 digits
///   back: the values of the arrays of type 'f', one array after the other
///   SHA-256 of the back, 64 digits
/// The first record is the head: its name is what the file is ("genomes", "checkpoint"), its texts `build`,
/// `backend` and `experiment` say who wrote it, and for what.
inline constexpr std::uint32_t records_format = 3;  // 1 and 2: the three formats of innate 0.1 and 0.2

/// What stands in a file before its first record, and a record as it stands there.
std::string records_front();
std::string record_bytes(const Record& record);
/// The same of a record's two parts, whatever they hold.
std::string record_bytes(std::string_view front, std::string_view back);
/// Throws ResultsError where these are not the bytes of one record.
Record parse_record(std::string_view bytes);

/// A file that is there. When it is opened, the head, the last record and where the others lie are read; each
/// is read and checked when asked for. What is damaged throws ResultsError that names the file.
class RecordFile {
 public:
  /// Throws ResultsError that names the file where it is missing, of another kind or format, or damaged
  /// elsewhere than in the last record. A last record that is cut off is left out.
  RecordFile(std::filesystem::path file, std::string_view kind);

  const std::filesystem::path& path() const { return path_; }
  const Record& head() const { return head_; }
  /// Records behind the head.
  std::size_t size() const { return locations_.size(); }
  Record read(std::size_t number) const;
  /// Without the values of its arrays of floats: these are empty, and are neither read nor checked.
  Record read_front(std::size_t number) const;
  /// As they lie in the file, once they are known to be whole.
  std::string bytes(std::size_t number) const;
  /// Where the last whole record ends.
  std::uint64_t end() const { return end_; }
  std::uint64_t cut_off() const { return length_ - end_; }

 private:
  struct Location {
    std::uint64_t at, front, back;  // where it begins, and the bytes of its parts
  };
  void find_records();
  bool next(Location* location);
  std::string read_at(std::uint64_t at, std::uint64_t bytes) const;
  std::string whole(const Location& location) const;
  template <class Look>
  auto trusted(std::size_t number, const Look& look) const;
  [[noreturn]] void refuse(std::string_view what) const;

  std::filesystem::path path_;
  Descriptor descriptor_;
  std::uint64_t length_ = 0, end_ = 0;
  Record head_;
  std::vector<Location> locations_;
};

/// A file that grows: begun where it is missing, and what is cut off at its end is overwritten.
class GrowingRecords {
 public:
  GrowingRecords(std::filesystem::path file, const Record& head);
  /// Returns once they are on the disk; all of them, or (after a crash) the first few.
  void append(std::span<const Record> records);

 private:
  std::filesystem::path path_;
  Descriptor descriptor_;
  std::uint64_t end_ = 0;
};

/// Replaces the file by the head and these records, whole or not at all.
void write_records(const std::filesystem::path& file, const Record& head, std::span<const Record> records);

template <class Values>
const Values& Record::get(std::string_view array) const {
  for (const Array& each : arrays)
    if (each.name == array)
      if (const Values* values = std::get_if<Values>(&each.values)) return *values;
  throw ResultsError("a record of a " + name + " lacks '" + std::string(array) + "'");
}

}  // namespace innate::host
