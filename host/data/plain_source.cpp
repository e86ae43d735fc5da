#include <cerrno>
#include <system_error>

#include "host/data/byte_source_formats.h"
#include "host/data/data_error.h"

namespace innate::host {
namespace fs = std::filesystem;

FileHandle open_file(const fs::path& file) {
  FileHandle handle(std::fopen(file.c_str(), "rb"));
  if (handle) return handle;
  throw DataError(file, "a file that cannot be opened (" + std::generic_category().message(errno) + ")",
                  "a readable file", "check the permissions of the file and of its folder");
}

std::size_t read_file(std::FILE* handle, std::span<std::uint8_t> out, const fs::path& file) {
  const std::size_t got = std::fread(out.data(), 1, out.size(), handle);
  if (got == out.size() || !std::ferror(handle)) return got;
  throw DataError(file, "a read that failed (" + std::generic_category().message(errno) + ")",
                  "readable contents", "check the disk, or copy the file elsewhere");
}

namespace {

class PlainSource : public ByteSource {
 public:
  explicit PlainSource(const fs::path& file) : file_(file), handle_(open_file(file)) {}
  std::size_t read(std::span<std::uint8_t> out) override { return read_file(handle_.get(), out, file_); }

 private:
  fs::path file_;
  FileHandle handle_;
};

}  // namespace

std::unique_ptr<ByteSource> open_plain(const fs::path& file) { return std::make_unique<PlainSource>(file); }

}  // namespace innate::host
