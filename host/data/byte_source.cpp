#include "host/data/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>
#include <vector>

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

void require_file_with_bytes(const fs::path& file) {
  std::error_code failed;
  if (fs::is_regular_file(file, failed)) {
    if (fs::file_size(file, failed) == 0 && !failed)
      throw DataError(file, "an empty file (0 bytes)", "a file with contents", "fetch or copy it again");
    return;
  }
  throw DataError(file, what_is_at(file), "a file", "put the data file there, or remove what bears its name");
}

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::uint8_t> bytes) : left_(bytes) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min(out.size(), left_.size());
    std::copy_n(left_.begin(), count, out.begin());
    left_ = left_.subspan(count);
    return count;
  }

 private:
  std::span<const std::uint8_t> left_;
};

}  // namespace

std::string what_is_at(const fs::path& place) {
  std::error_code failed, no_link;
  const fs::file_status status = fs::status(place, failed);
  const fs::path target = fs::read_symlink(place, no_link);
  switch (status.type()) {
    case fs::file_type::regular: return "a file";
    case fs::file_type::directory: return "a directory";
    case fs::file_type::fifo: return "a pipe";
    case fs::file_type::socket: return "a socket";
    case fs::file_type::not_found:
      return no_link ? "nothing" : "a link to " + target.string() + ", which is not there";
    case fs::file_type::none: return "what cannot be looked at (" + failed.message() + ")";
    default: return "a device";
  }
}

std::unique_ptr<ByteSource> open_bytes(const fs::path& file) { return open_bytes(file, file); }

std::unique_ptr<ByteSource> open_bytes(const fs::path& file, const fs::path& name) {
  require_file_with_bytes(file);
  return unpacked(std::make_unique<PlainSource>(file), name);
}

std::unique_ptr<ByteSource> bytes_in_memory(std::span<const std::uint8_t> bytes) {
  return std::make_unique<MemorySource>(bytes);
}

std::string without_packing(const std::string& name) {
  return name.ends_with(".gz") || name.ends_with(".xz") ? name.substr(0, name.size() - 3) : name;
}

std::uint64_t count_rest(ByteSource& source) {
  std::vector<std::uint8_t> scratch(1 << 18);
  std::uint64_t rest = 0;
  for (std::size_t got = scratch.size(); got == scratch.size(); rest += got) got = source.read(scratch);
  return rest;
}

}  // namespace innate::host
