// zlib's own file reader, because it checks the CRC and the length of every member.
#include <unistd.h>
#include <zlib.h>

#include <algorithm>

#include "host/data/byte_source_formats.h"
#include "host/data/data_error.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

class GzipSource : public ByteSource {
 public:
  explicit GzipSource(const fs::path& file);
  std::size_t read(std::span<std::uint8_t> out) override;

 private:
  struct Close {
    void operator()(gzFile stream) const { gzclose_r(stream); }
  };

  void check() const;  // throws what zlib found wrong so far

  fs::path file_;
  std::unique_ptr<gzFile_s, Close> stream_;
};

// zlib takes over a duplicate of the descriptor, so that opening fails in one place for all formats.
gzFile attach(const FileHandle& handle) {
  const int descriptor = dup(fileno(handle.get()));
  if (descriptor < 0) return nullptr;
  const gzFile stream = gzdopen(descriptor, "rb");
  if (!stream) close(descriptor);
  return stream;
}

GzipSource::GzipSource(const fs::path& file) : file_(file), stream_(attach(open_file(file))) {
  if (!stream_)
    throw DataError(file, "that zlib could not attach to it", "memory and a free file descriptor",
                    "close other programs");
  gzbuffer(stream_.get(), 1 << 17);
  // gzread would hand on anything that is not gzip as it is, with no check at all.
  if (gzdirect(stream_.get()))
    throw DataError(file, "no gzip data", "the gzip mark 1f 8b at its start",
                    "take .gz off its name if it is not compressed, or fetch it again");
}

std::size_t GzipSource::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::size_t ask = std::min<std::size_t>(out.size() - done, 1u << 30);
    const int got = gzread(stream_.get(), out.data() + done, static_cast<unsigned>(ask));
    if (got > 0) done += static_cast<std::size_t>(got);
    if (got < static_cast<int>(ask)) {
      check();
      break;
    }
  }
  return done;
}

void GzipSource::check() const {
  int code = Z_OK;
  const std::string text = gzerror(stream_.get(), &code);  // "<fd:5>: incorrect data check"
  if (code == Z_OK || code == Z_STREAM_END) return;
  if (code == Z_BUF_ERROR)
    throw DataError(file_, "gzip data that is cut off (truncated)", "a complete gzip file",
                    "fetch or copy it again");
  const std::string message = text.substr(text.find(' ') + 1);
  throw DataError(file_, "damaged gzip data (" + message + ")", "gzip data whose checksum is right",
                  "fetch or copy it again");
}

}  // namespace

std::unique_ptr<ByteSource> open_gzip(const fs::path& file) { return std::make_unique<GzipSource>(file); }

}  // namespace innate::host
