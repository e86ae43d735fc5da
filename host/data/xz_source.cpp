// .xz through liblzma; every block must carry a checksum.
#include <lzma.h>

#include <utility>
#include <vector>

#include "host/data/byte_source_formats.h"
#include "host/data/data_error.h"
#include "host/data/file_kind.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

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

std::unique_ptr<ByteSource> unpack_xz(std::unique_ptr<ByteSource> packed, const fs::path& name) {
  return std::make_unique<XzSource>(std::move(packed), name);
}

}  // namespace innate::host
