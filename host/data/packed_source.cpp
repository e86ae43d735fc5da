// .gz through zlib's inflate, which checks the CRC and the length of every member; .xz through liblzma, where
// every block must carry a checksum.
#include "host/data/byte_source.h"

#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "host/data/data_error.h"
#include "host/data/file_kind.h"

namespace innate::host {

namespace fs = std::filesystem;

namespace {

// ---- .gz

constexpr int gzip_only = 15 + 16;  // the largest window; no zlib or raw data

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> packed, const fs::path& name);
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  std::size_t read(std::span<std::uint8_t> out) override;

 private:
  bool refill();  // false at the end of `packed_`
  void next_member();
  [[noreturn]] void fail(int code) const;
  [[noreturn]] void refuse_kind() const;

  fs::path file_;
  std::unique_ptr<ByteSource> packed_;
  std::vector<std::uint8_t> input_ = std::vector<std::uint8_t>(1 << 16);
  std::size_t input_bytes_ = 0;
  z_stream stream_ = {};
  bool first_member_ = true, ended_ = false;
};

GzipSource::GzipSource(std::unique_ptr<ByteSource> packed, const fs::path& name)
    : file_(name), packed_(std::move(packed)) {
  if (inflateInit2(&stream_, gzip_only) != Z_OK) fail(Z_MEM_ERROR);
}

bool GzipSource::refill() {
  stream_.next_in = input_.data();
  input_bytes_ = packed_->read(input_);
  stream_.avail_in = static_cast<unsigned>(input_bytes_);
  return input_bytes_ > 0;
}

std::size_t GzipSource::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size() && !ended_) {
    if (stream_.avail_in == 0 && !refill()) fail(Z_BUF_ERROR);
    const std::size_t room = std::min<std::size_t>(out.size() - done, 1u << 30);
    stream_.next_out = out.data() + done;
    stream_.avail_out = static_cast<unsigned>(room);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    done += room - stream_.avail_out;
    if (code == Z_STREAM_END)
      next_member();
    else if (code != Z_OK && code != Z_BUF_ERROR)  // the latter: only more input helps
      fail(code);
  }
  return done;
}

/// Members follow each other with nothing between them.
void GzipSource::next_member() {
  ended_ = stream_.avail_in == 0 && !refill();
  first_member_ = false;
  if (!ended_ && inflateReset(&stream_) != Z_OK) fail(Z_STREAM_ERROR);
}

void GzipSource::fail(int code) const {
  const std::string again = "fetch or copy it again", message = stream_.msg ? stream_.msg : "";
  if (code == Z_BUF_ERROR)
    throw DataError(file_, "gzip data that is cut off (truncated)", "a complete gzip file", again);
  if (code == Z_MEM_ERROR)
    throw DataError(file_, "that zlib has no memory to unpack it", "some free memory",
                    "close other programs");
  if (message == "incorrect header check" && first_member_) refuse_kind();
  if (message == "incorrect header check")
    throw DataError(file_, "bytes behind the gzip data that are none", "gzip data and nothing after it",
                    again);
  throw DataError(file_, "damaged gzip data (" + message + ")", "gzip data whose checksum is right", again);
}

/// `input_` still holds what the file begins with.
void GzipSource::refuse_kind() const {
  const FileKind kind = kind_in_place_of(file_.extension(), {input_.data(), input_bytes_});
  throw DataError(file_, kind.what, "gzip data (1f 8b at its start)", kind.advice);
}

// ---- .xz

// The dictionary's size is a claim of the file. `xz -9` needs 65 MiB.
constexpr std::uint64_t memory_limit = std::uint64_t{512} << 20;
constexpr std::uint32_t decoder_flags = LZMA_CONCATENATED | LZMA_TELL_NO_CHECK | LZMA_TELL_UNSUPPORTED_CHECK;

class XzSource : public ByteSource {
 public:
  XzSource(std::unique_ptr<ByteSource> packed, const fs::path& name);
  ~XzSource() override { lzma_end(&stream_); }
  XzSource(const XzSource&) = delete;
  XzSource& operator=(const XzSource&) = delete;
  std::size_t read(std::span<std::uint8_t> out) override;

 private:
  void refill();
  [[noreturn]] void fail(lzma_ret code) const;
  [[noreturn]] void refuse_kind() const;

  fs::path file_;
  std::unique_ptr<ByteSource> packed_;
  std::vector<std::uint8_t> input_ = std::vector<std::uint8_t>(1 << 16);
  std::size_t input_bytes_ = 0;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  lzma_action action_ = LZMA_RUN;  // LZMA_FINISH once the file's last byte is in input_
  bool ended_ = false;
};

XzSource::XzSource(std::unique_ptr<ByteSource> packed, const fs::path& name)
    : file_(name), packed_(std::move(packed)) {
  const lzma_ret code = lzma_stream_decoder(&stream_, memory_limit, decoder_flags);
  if (code != LZMA_OK) fail(code);
}

void XzSource::refill() {
  input_bytes_ = packed_->read(input_);
  stream_.next_in = input_.data();
  stream_.avail_in = input_bytes_;
  if (input_bytes_ < input_.size()) action_ = LZMA_FINISH;
}

std::size_t XzSource::read(std::span<std::uint8_t> out) {
  stream_.next_out = out.data();
  stream_.avail_out = out.size();
  while (stream_.avail_out > 0 && !ended_) {
    if (stream_.avail_in == 0 && action_ == LZMA_RUN) refill();
    const lzma_ret code = lzma_code(&stream_, action_);
    ended_ = code == LZMA_STREAM_END;
    if (!ended_ && code != LZMA_OK) fail(code);
  }
  return out.size() - stream_.avail_out;
}

void XzSource::fail(lzma_ret code) const {
  const std::string again = "fetch or copy it again";
  const std::string repack = "pack it again with plain `xz`";
  switch (code) {
    case LZMA_BUF_ERROR:
      throw DataError(file_, "xz data that is cut off (truncated)", "a complete xz file", again);
    case LZMA_FORMAT_ERROR: refuse_kind();
    case LZMA_DATA_ERROR:
      throw DataError(file_, "damaged xz data", "xz data whose checksums are right, and nothing after it",
                      again);
    case LZMA_NO_CHECK:
    case LZMA_UNSUPPORTED_CHECK:
      throw DataError(file_, "xz data without a checksum that can be verified", "CRC32, CRC64 or SHA-256",
                      repack);
    case LZMA_MEMLIMIT_ERROR:
      throw DataError(file_,
                      "xz data that needs " + std::to_string(lzma_memusage(&stream_)) + " bytes to unpack",
                      "at most " + std::to_string(memory_limit), repack);
    case LZMA_OPTIONS_ERROR:
      throw DataError(file_, "xz options that liblzma does not know", "known ones", repack);
    default:
      throw DataError(file_, "liblzma's error " + std::to_string(code), "no error", "check the free memory");
  }
}

/// `input_` still holds what the file begins with.
void XzSource::refuse_kind() const {
  const FileKind kind = kind_in_place_of(".xz", {input_.data(), input_bytes_});
  throw DataError(file_, kind.what, "xz data (fd 37 7a 58 5a 00 at its start)", kind.advice);
}

}  // namespace

std::unique_ptr<ByteSource> unpacked(std::unique_ptr<ByteSource> packed, const fs::path& name) {
  const fs::path suffix = name.extension();
  if (suffix == ".gz" || suffix == ".tgz") return std::make_unique<GzipSource>(std::move(packed), name);
  if (suffix == ".xz") return std::make_unique<XzSource>(std::move(packed), name);
  return packed;
}

}  // namespace innate::host
