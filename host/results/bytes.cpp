#include "host/results/bytes.h"

#include <fmt/format.h>

#include <array>
#include <bit>

#include "host/results/file.h"

namespace innate::host {
namespace {

template <typename Unsigned>
void append(std::vector<std::uint8_t>& data, Unsigned value) {
  std::array<std::uint8_t, sizeof(Unsigned)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  data.insert(data.end(), bytes.begin(), bytes.end());
}

template <typename Unsigned>
Unsigned assemble(const std::uint8_t* from) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value |= static_cast<Unsigned>(from[i]) << (8 * i);
  return value;
}

}  // namespace

void ByteWriter::u8(std::uint8_t value) { data_.push_back(value); }
void ByteWriter::u32(std::uint32_t value) { append(data_, value); }
void ByteWriter::u64(std::uint64_t value) { append(data_, value); }
void ByteWriter::i64(std::int64_t value) { append(data_, static_cast<std::uint64_t>(value)); }
void ByteWriter::f32(float value) { append(data_, std::bit_cast<std::uint32_t>(value)); }
void ByteWriter::f64(double value) { append(data_, std::bit_cast<std::uint64_t>(value)); }

void ByteWriter::string(std::string_view value) { bytes(as_bytes(value)); }

void ByteWriter::bytes(std::span<const std::uint8_t> values) {
  u64(values.size());
  data_.insert(data_.end(), values.begin(), values.end());
}

void ByteWriter::floats(std::span<const float> values) {
  u64(values.size());
  for (const float value : values) f32(value);
}

void ByteReader::expect(std::uint64_t count, std::size_t element_size) const {
  if (count > left() / element_size)
    throw ResultsError(
        fmt::format("saved state is damaged: {} x {} bytes are wanted at byte {} of {}, {} are left", count,
                    element_size, at_, data_.size(), left()));
}

std::span<const std::uint8_t> ByteReader::next(std::uint64_t count, std::size_t element_size) {
  expect(count, element_size);
  const auto found = data_.subspan(at_, static_cast<std::size_t>(count) * element_size);
  at_ += found.size();
  return found;
}

std::span<const std::uint8_t> ByteReader::counted(std::size_t element_size) {
  const std::size_t before = at_;
  try {
    return next(u64(), element_size);
  } catch (...) {
    at_ = before;
    throw;
  }
}

std::uint8_t ByteReader::u8() { return next(1, 1)[0]; }
std::uint32_t ByteReader::u32() { return assemble<std::uint32_t>(next(1, 4).data()); }
std::uint64_t ByteReader::u64() { return assemble<std::uint64_t>(next(1, 8).data()); }
std::int64_t ByteReader::i64() { return static_cast<std::int64_t>(u64()); }
float ByteReader::f32() { return std::bit_cast<float>(u32()); }
double ByteReader::f64() { return std::bit_cast<double>(u64()); }

std::string ByteReader::string() { return std::string(as_text(counted(1))); }

std::vector<std::uint8_t> ByteReader::bytes() {
  const auto found = counted(1);
  return {found.begin(), found.end()};
}

std::vector<float> ByteReader::floats() {
  const auto found = counted(sizeof(float));
  std::vector<float> values(found.size() / sizeof(float));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::bit_cast<float>(assemble<std::uint32_t>(found.data() + 4 * i));
  return values;
}

void ByteReader::expect_end() const {
  if (left() > 0) throw ResultsError(fmt::format("saved state is damaged: {} bytes are left over", left()));
}

std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace innate::host
