#include "host/results/npz.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "host/results/bytes.h"
#include "host/results/file.h"

namespace innate::host {
namespace {

la_ssize_t append(::archive*, void* to, const void* bytes, std::size_t count) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

void check(::archive* archive, int status) {
  if (status != ARCHIVE_OK)
    throw ResultsError(fmt::format("cannot make a .npz file: {}", ::archive_error_string(archive)));
}

/// NumPy's format 1.0: magic, version, the length of a Python dictionary, the dictionary, and spaces up to a
/// multiple of 64 bytes.
std::string npy_header(const char* type, const std::vector<std::int64_t>& shape) {
  std::string extents;
  for (const std::int64_t extent : shape) extents += fmt::format("{}, ", extent);
  if (shape.size() > 1) extents.resize(extents.size() - 2);  // a tuple of one keeps its comma
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, extents);
  constexpr std::size_t fixed = 10;
  text.append(63 - (fixed + text.size()) % 64, ' ') += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

std::size_t checked_size(const std::string& name, const std::vector<std::int64_t>& shape, std::size_t count) {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) product *= extent;
  if (product != static_cast<std::int64_t>(count))
    throw std::invalid_argument(fmt::format("array {}: {} values for a shape of {}", name, count, product));
  return count;
}

}  // namespace

Npz::Npz() : archive_(::archive_write_new()) {
  if (!archive_) throw std::bad_alloc();
  check(archive_, ::archive_write_set_format_zip(archive_));
  check(archive_, ::archive_write_zip_set_compression_store(archive_));
  check(archive_, ::archive_write_set_bytes_in_last_block(archive_, 1));  // no padding at the end
  check(archive_, ::archive_write_open(archive_, &bytes_, nullptr, append, nullptr));
}

Npz::~Npz() { ::archive_write_free(archive_); }

void Npz::add(const std::string& name, const std::vector<std::int64_t>& shape,
              std::span<const float> values) {
  ByteWriter numbers;
  for (std::size_t i = 0; i < checked_size(name, shape, values.size()); ++i) numbers.f32(values[i]);
  add(name, npy_header("<f4", shape).append(as_text(numbers.data())));
}

void Npz::add(const std::string& name, const std::vector<std::int64_t>& shape,
              std::span<const std::int64_t> values) {
  ByteWriter numbers;
  for (std::size_t i = 0; i < checked_size(name, shape, values.size()); ++i) numbers.i64(values[i]);
  add(name, npy_header("<i8", shape).append(as_text(numbers.data())));
}

void Npz::add(const std::string& name, const std::string& content) {
  const std::unique_ptr<::archive_entry, decltype(&::archive_entry_free)> entry(::archive_entry_new(),
                                                                                ::archive_entry_free);
  if (!entry) throw std::bad_alloc();
  ::archive_entry_set_pathname(entry.get(), (name + ".npy").c_str());
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0644);
  check(archive_, ::archive_write_header(archive_, entry.get()));
  if (::archive_write_data(archive_, content.data(), content.size()) !=
      static_cast<la_ssize_t>(content.size()))
    check(archive_, ARCHIVE_FATAL);
}

std::string Npz::take() {
  check(archive_, ::archive_write_close(archive_));
  return std::move(bytes_);
}

}  // namespace innate::host
