#include "host/results/records.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "host/data/sha256.h"
#include "host/results/bytes.h"
#include "host/results/file.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "INNATERC";
constexpr std::size_t front_bytes = magic.size() + sizeof(std::uint32_t);
constexpr std::size_t lengths_digest = 8, part_digest = 64;
constexpr std::size_t lengths_bytes = 2 * sizeof(std::uint64_t) + lengths_digest;
constexpr std::size_t smallest = lengths_bytes + 2 * sizeof(std::uint64_t) + 2 * part_digest;

/// What a record of these parts begins with.
std::string lengths_of(std::uint64_t front, std::uint64_t back) {
  ByteWriter out;
  out.u64(front);
  out.u64(back);
  const std::string bytes(as_text(out.data()));
  return bytes + sha256(bytes).substr(0, lengths_digest);
}

std::uint64_t record_length(std::uint64_t front, std::uint64_t back) {
  return lengths_bytes + front + part_digest + back + part_digest;
}

/// The bytes of the front and of the back; nothing where what a record begins with is damaged.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parts_of(std::string_view lengths) {
  ByteReader in(as_bytes(lengths));
  const std::uint64_t front = in.u64(), back = in.u64();
  if (lengths != lengths_of(front, back)) return std::nullopt;
  return std::pair(front, back);
}

/// What is left of `bytes` behind a part and its checksum.
std::string_view checked(std::string_view bytes, std::uint64_t part) {
  if (sha256(bytes.substr(0, part)) != bytes.substr(part, part_digest))
    throw ResultsError("a record is damaged: its checksum does not match");
  return bytes.substr(part + part_digest);
}

void write(const Array& array, ByteWriter* out) {
  out->string(array.name);
  if (const auto* floats = std::get_if<std::vector<float>>(&array.values)) {
    out->u8('f');
    out->u64(floats->size());
  } else if (const auto* doubles = std::get_if<std::vector<double>>(&array.values)) {
    out->u8('d');
    out->u64(doubles->size());
    for (const double value : *doubles) out->f64(value);
  } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&array.values)) {
    out->u8('i');
    out->u64(integers->size());
    for (const std::int64_t value : *integers) out->i64(value);
  } else {
    out->u8('s');
    out->string(std::get<std::string>(array.values));
  }
}

template <class Value, class Next>
std::vector<Value> values(ByteReader* in, const Next& next) {
  const std::uint64_t count = in->u64();
  in->expect(count, sizeof(Value));
  std::vector<Value> all;
  all.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(next());
  return all;
}

/// The values of a record's arrays of floats.
class Back {
 public:
  /// `values`: none where only the front is read.
  Back(std::uint64_t bytes, ByteReader* values) : left_(bytes), values_(values) {}

  std::vector<float> next(std::uint64_t count) {
    if (count > left_ / sizeof(float))
      throw ResultsError(
          fmt::format("a record is damaged: {} floats do not lie in {} bytes behind it", count, left_));
    left_ -= count * sizeof(float);
    std::vector<float> all(values_ ? count : 0);
    for (float& value : all) value = values_->f32();
    return all;
  }
  void expect_end() const {
    if (left_ > 0)
      throw ResultsError(fmt::format("a record is damaged: {} bytes are left over behind it", left_));
  }

 private:
  std::uint64_t left_;
  ByteReader* values_;
};

Array read_array(ByteReader* in, Back* back) {
  Array array{in->string(), {}};
  switch (const std::uint8_t type = in->u8()) {
    case 'f': array.values = back->next(in->u64()); break;
    case 'd': array.values = values<double>(in, [in] { return in->f64(); }); break;
    case 'i': array.values = values<std::int64_t>(in, [in] { return in->i64(); }); break;
    case 's': array.values = in->string(); break;
    default: throw ResultsError(fmt::format("an array has the unknown type {}", type));
  }
  return array;
}

Record read_record(std::string_view front, Back back) {
  ByteReader in(as_bytes(front));
  Record record{in.string(), {}};
  const std::uint64_t arrays = in.u64();
  for (std::uint64_t i = 0; i < arrays; ++i) record.arrays.push_back(read_array(&in, &back));
  in.expect_end();
  back.expect_end();
  return record;
}

/// The front and the back of what are the bytes of one record, checked.
std::pair<std::string_view, std::string_view> parts_of_record(std::string_view bytes) {
  const auto parts = bytes.size() < smallest ? std::nullopt : parts_of(bytes.substr(0, lengths_bytes));
  if (!parts || parts->first > bytes.size() || parts->second > bytes.size() ||
      record_length(parts->first, parts->second) != bytes.size())
    throw ResultsError("a record's length is damaged");
  const std::string_view front = bytes.substr(lengths_bytes), back = checked(front, parts->first);
  checked(back, parts->second);
  return {front.substr(0, parts->first), back.substr(0, parts->second)};
}

Descriptor opened(const fs::path& file, int flags, const char* attempt) {
  int fd;
  do {
    fd = ::open(file.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) throw_file_error(file, attempt, errno);
  return Descriptor(fd);
}

std::string older(std::string_view first_bytes) {
  const bool known = first_bytes.starts_with("INNATECK") || first_bytes.starts_with("INNATEGN");
  return known ? "an older innate wrote it, in a format that this one does not read: go on with the one that "
                 "wrote it, or run the experiment again in another folder"
               : "";
}

}  // namespace

std::string records_front() {
  ByteWriter out;
  for (const char c : magic) out.u8(static_cast<std::uint8_t>(c));
  out.u32(records_format);
  return std::string(as_text(out.data()));
}

std::string record_bytes(const Record& record) {
  ByteWriter front, back;
  front.string(record.name);
  front.u64(record.arrays.size());
  for (const Array& array : record.arrays) {
    write(array, &front);
    if (const auto* floats = std::get_if<std::vector<float>>(&array.values))
      for (const float value : *floats) back.f32(value);
  }
  return record_bytes(as_text(front.data()), as_text(back.data()));
}

std::string record_bytes(std::string_view front, std::string_view back) {
  std::string bytes = lengths_of(front.size(), back.size());
  for (const std::string_view part : {front, back}) bytes.append(part).append(sha256(part));
  return bytes;
}

Record parse_record(std::string_view bytes) {
  const auto [front, back] = parts_of_record(bytes);
  ByteReader values(as_bytes(back));
  return read_record(front, {back.size(), &values});
}

RecordFile::RecordFile(fs::path file, std::string_view kind)
    : path_(std::move(file)), descriptor_(opened(path_, O_RDONLY, "open it")) {
  struct stat about {};
  if (::fstat(descriptor_.get(), &about) != 0) throw_file_error(path_, "look at it", errno);
  if (!S_ISREG(about.st_mode)) throw ResultsError(path_.string() + ": is not a regular file");
  length_ = static_cast<std::uint64_t>(about.st_size);
  const std::string front = read_at(0, std::min<std::uint64_t>(length_, front_bytes));
  if (const std::string old = older(front); !old.empty()) throw ResultsError(path_.string() + ": " + old);
  if (front.size() < front_bytes && std::string_view(records_front()).starts_with(front))
    refuse("it is cut off");
  if (!front.starts_with(magic)) refuse("this is no file of innate's");
  if (front != records_front())
    refuse(fmt::format("it has another format than {}, which this innate reads", records_format));
  end_ = front_bytes;
  find_records();
  if (head_.name != kind) refuse(fmt::format("this is a file of '{}', not of '{}'", head_.name, kind));
}

/// The head is read at once, and the last record, which alone may be cut off.
void RecordFile::find_records() {
  Location location{};
  if (!next(&location)) refuse("it is cut off");
  try {
    head_ = parse_record(whole(location));
  } catch (const ResultsError& error) {
    refuse(error.what());
  }
  while (next(&location)) locations_.push_back(location);
  if (locations_.empty() || end_ < length_) return;
  try {
    parse_record(whole(locations_.back()));
  } catch (const ResultsError&) {
    end_ = locations_.back().at;
    locations_.pop_back();
  }
}

/// The record that begins where the last one ended; false where there is none, or it is cut off.
bool RecordFile::next(Location* location) {
  const std::uint64_t left = length_ - end_;
  if (left < smallest) return false;
  const std::string lengths = read_at(end_, lengths_bytes);
  if (std::all_of(lengths.begin(), lengths.end(), [](char c) { return c == 0; }))
    return false;  // never written
  const auto parts = parts_of(lengths);
  if (!parts)
    refuse(
        fmt::format("it is damaged at byte {} of {}, and what follows cannot be told apart", end_, length_));
  const auto [front, back] = *parts;
  if (front > left || back > left || record_length(front, back) > left) return false;
  *location = {end_, front, back};
  end_ += record_length(front, back);
  return true;
}

std::string RecordFile::read_at(std::uint64_t at, std::uint64_t bytes) const {
  std::string text(bytes, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::pread(descriptor_.get(), text.data() + filled, text.size() - filled,
                                static_cast<off_t>(at + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_file_error(path_, "read it", errno);
    if (got == 0) refuse("it became shorter while it was read");
    filled += static_cast<std::size_t>(got);
  }
  return text;
}

std::string RecordFile::whole(const Location& location) const {
  return read_at(location.at, record_length(location.front, location.back));
}

void RecordFile::refuse(std::string_view what) const {
  throw ResultsError(fmt::format("{}: {}; remove the file to train its runs again", path_.string(), what));
}

/// What `look` makes of a record; what it throws says which record of which file that is.
template <class Look>
auto RecordFile::trusted(std::size_t number, const Look& look) const {
  try {
    return look();
  } catch (const ResultsError& error) {
    refuse(fmt::format("record {} of {}: {}", number + 1, size(), error.what()));
  }
}

Record RecordFile::read(std::size_t number) const {
  const std::string bytes = whole(locations_.at(number));
  return trusted(number, [&] { return parse_record(bytes); });
}

Record RecordFile::read_front(std::size_t number) const {
  const Location& location = locations_.at(number);
  const std::string bytes = read_at(location.at + lengths_bytes, location.front + part_digest);
  return trusted(number, [&] {
    checked(bytes, location.front);
    return read_record(std::string_view(bytes).substr(0, location.front), {location.back, nullptr});
  });
}

std::string RecordFile::bytes(std::size_t number) const {
  const std::string bytes = whole(locations_.at(number));
  trusted(number, [&] { return parts_of_record(bytes); });
  return bytes;
}

GrowingRecords::GrowingRecords(fs::path file, const Record& head) : path_(std::move(file)) {
  if (!fs::exists(path_)) write_records(path_, head, {});
  end_ = RecordFile(path_, head.name).end();
  descriptor_ = opened(path_, O_WRONLY, "open it");
  if (::ftruncate(descriptor_.get(), static_cast<off_t>(end_)) != 0) throw_file_error(path_, "cut it", errno);
}

void GrowingRecords::append(std::span<const Record> records) {
  std::string bytes;
  for (const Record& record : records) bytes += record_bytes(record);
  if (::lseek(descriptor_.get(), static_cast<off_t>(end_), SEEK_SET) < 0)
    throw_file_error(path_, "write it", errno);
  if (const int error = write_all(descriptor_.get(), bytes))
    throw_file_error(path_, "write it", error, bytes.size());
  if (::fsync(descriptor_.get()) != 0) throw_file_error(path_, "write it to the disk", errno, bytes.size());
  end_ += bytes.size();
}

void write_records(const fs::path& file, const Record& head, std::span<const Record> records) {
  AtomicFile out(file);
  out.write(records_front());
  out.write(record_bytes(head));
  for (const Record& record : records) out.write(record_bytes(record));
  out.commit();
}

}  // namespace innate::host
