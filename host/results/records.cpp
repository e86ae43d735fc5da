#include "host/results/records.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "host/results/atomic_file.h"
#include "host/results/bytes.h"
#include "host/results/sha256.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "INNATERC";
constexpr std::size_t front_bytes = magic.size() + sizeof(std::uint32_t);
constexpr std::size_t length_digest = 8, body_digest = 64;
constexpr std::size_t length_bytes = sizeof(std::uint64_t) + length_digest;
constexpr std::size_t smallest = length_bytes + 2 * sizeof(std::uint64_t) + body_digest;

std::string length_of(std::uint64_t body) {
  ByteWriter out;
  out.u64(body);
  const std::string bytes(as_text(out.data()));
  return bytes + sha256_hex(bytes).substr(0, length_digest);
}

/// Those of a record whose length stands in `bytes`; 0 where that is damaged.
std::uint64_t record_length(std::string_view bytes, std::uint64_t left) {
  const std::uint64_t body = ByteReader(as_bytes(bytes)).u64();
  if (bytes != length_of(body)) return 0;
  return body > left ? left + 1 : length_bytes + body + body_digest;  // which no file holds
}

void write(const Array& array, ByteWriter* out) {
  out->string(array.name);
  if (const auto* floats = std::get_if<std::vector<float>>(&array.values)) {
    out->u8('f');
    out->floats(*floats);
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

Array read_array(ByteReader* in) {
  Array array{in->string(), {}};
  switch (const std::uint8_t type = in->u8()) {
    case 'f': array.values = in->floats(); break;
    case 'd': array.values = values<double>(in, [in] { return in->f64(); }); break;
    case 'i': array.values = values<std::int64_t>(in, [in] { return in->i64(); }); break;
    case 's': array.values = in->string(); break;
    default: throw ResultsError(fmt::format("an array has the unknown type {}", type));
  }
  return array;
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
  ByteWriter out;
  out.string(record.name);
  out.u64(record.arrays.size());
  for (const Array& array : record.arrays) write(array, &out);
  const std::string body(as_text(out.data()));
  return length_of(body.size()) + body + sha256_hex(body);
}

Record parse_record(std::string_view bytes) {
  if (bytes.size() < smallest || record_length(bytes.substr(0, length_bytes), bytes.size()) != bytes.size())
    throw ResultsError("a record's length is damaged");
  const std::string_view body = bytes.substr(length_bytes, bytes.size() - length_bytes - body_digest);
  if (sha256_hex(body) != bytes.substr(length_bytes + body.size()))
    throw ResultsError("a record is damaged: its checksum does not match");
  ByteReader in(as_bytes(body));
  Record record{in.string(), {}};
  const std::uint64_t arrays = in.u64();
  for (std::uint64_t i = 0; i < arrays; ++i) record.arrays.push_back(read_array(&in));
  in.expect_end();
  return record;
}

RecordFile::RecordFile(fs::path file, std::string_view kind)
    : path_(std::move(file)), descriptor_(opened(path_, O_RDONLY, "open it")) {
  struct stat about {};
  if (::fstat(descriptor_.get(), &about) != 0) throw_file_error(path_, "look at it", errno);
  if (!S_ISREG(about.st_mode)) throw ResultsError(path_.string() + ": is not a regular file");
  length_ = static_cast<std::uint64_t>(about.st_size);
  const std::string front = read_at({0, std::min<std::uint64_t>(length_, front_bytes)});
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
  Place place{};
  if (!next(&place)) refuse("it is cut off");
  try {
    head_ = parse_record(read_at(place));
  } catch (const ResultsError& error) {
    refuse(error.what());
  }
  while (next(&place)) places_.push_back(place);
  if (places_.empty() || end_ < length_) return;
  try {
    parse_record(read_at(places_.back()));
  } catch (const ResultsError&) {
    end_ = places_.back().at;
    places_.pop_back();
  }
}

/// The record that begins where the last one ended; false where there is none, or it is cut off.
bool RecordFile::next(Place* place) {
  const std::uint64_t left = length_ - end_;
  if (left < smallest) return false;
  const std::string length = read_at({end_, length_bytes});
  if (std::all_of(length.begin(), length.end(), [](char c) { return c == 0; }))
    return false;  // never written
  const std::uint64_t bytes = record_length(length, left);
  if (bytes == 0)
    refuse(
        fmt::format("it is damaged at byte {} of {}, and what follows cannot be told apart", end_, length_));
  if (bytes > left) return false;
  *place = {end_, bytes};
  end_ += bytes;
  return true;
}

std::string RecordFile::read_at(Place place) const {
  std::string text(place.bytes, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::pread(descriptor_.get(), text.data() + filled, text.size() - filled,
                                static_cast<off_t>(place.at + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_file_error(path_, "read it", errno);
    if (got == 0) refuse("it became shorter while it was read");
    filled += static_cast<std::size_t>(got);
  }
  return text;
}

void RecordFile::refuse(std::string_view what) const {
  throw ResultsError(fmt::format("{}: {}; remove the file to train its runs again", path_.string(), what));
}

std::string RecordFile::bytes(std::size_t number) const { return read_at(places_.at(number)); }

Record RecordFile::read(std::size_t number) const {
  try {
    return parse_record(bytes(number));
  } catch (const ResultsError& error) {
    refuse(fmt::format("record {} of {}: {}", number + 1, size(), error.what()));
  }
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
