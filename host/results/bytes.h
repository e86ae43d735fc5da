#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace innate::host {

/// Writes values one after the other, little-endian on every machine. Strings and vectors are a u64 count and
/// then the elements.
class ByteWriter {
 public:
  void u8(std::uint8_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void i64(std::int64_t value);
  void f32(float value);
  void f64(double value);
  void string(std::string_view value);
  void floats(std::span<const float> values);
  void bytes(std::span<const std::uint8_t> values);

  const std::vector<std::uint8_t>& data() const { return data_; }
  std::vector<std::uint8_t> take() { return std::move(data_); }

 private:
  std::vector<std::uint8_t> data_;
};

/// Reads what ByteWriter wrote. `data` is borrowed. Reading past the end throws ResultsError and moves
/// nothing; a count is compared with the bytes that are left before anything is allocated.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> data) : data_(data) {}

  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64();
  float f32();
  double f64();
  std::string string();
  std::vector<float> floats();
  std::vector<std::uint8_t> bytes();

  /// Throws ResultsError where fewer bytes than these elements take are left.
  void expect(std::uint64_t elements, std::size_t element_size) const;
  std::size_t left() const { return data_.size() - at_; }
  /// Throws ResultsError where bytes are left over.
  void expect_end() const;

 private:
  std::span<const std::uint8_t> next(std::uint64_t count, std::size_t element_size);
  std::span<const std::uint8_t> counted(std::size_t element_size);

  std::span<const std::uint8_t> data_;
  std::size_t at_ = 0;
};

/// The same bytes seen as text and as numbers; nothing is copied.
std::string_view as_text(std::span<const std::uint8_t> bytes);
std::span<const std::uint8_t> as_bytes(std::string_view text);

}  // namespace innate::host
