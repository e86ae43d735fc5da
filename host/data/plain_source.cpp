#include <cerrno>
#include <cstdio>
#include <system_error>

#include "host/data/byte_source_formats.h"
#include "host/data/data_error.h"

namespace innate::host {
namespace fs = std::filesystem;

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

FileHandle open_file(const fs::path& file) {
  FileHandle handle(std::fopen(file.c_str(), "rbe"));
  if (handle) return handle;
  throw DataError(file, "a file that cannot be opened (" + std::generic_category().message(errno) + ")",
                  "a readable file", "check the permissions of the file and of its folder");
}

class PlainSource : public ByteSource {
 public:
  explicit PlainSource(const fs::path& file) : file_(file), handle_(open_file(file)) {}

  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t got = std::fread(out.data(), 1, out.size(), handle_.get());
    if (got == out.size() || !std::ferror(handle_.get())) return got;
    throw DataError(file_, "a read that failed (" + std::generic_category().message(errno) + ")",
                    "readable contents", "check the disk, or copy the file elsewhere");
  }

 private:
  fs::path file_;
  FileHandle handle_;
};

}  // namespace

std::unique_ptr<ByteSource> open_plain(const fs::path& file) { return std::make_unique<PlainSource>(file); }

}  // namespace innate::host
