#include "host/data/byte_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "host/data/byte_source_formats.h"
#include "host/data/data_error.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

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
  return unpacked(open_plain(file), name);
}

std::unique_ptr<ByteSource> unpacked(std::unique_ptr<ByteSource> packed, const fs::path& name) {
  const fs::path suffix = name.extension();
  if (suffix == ".gz" || suffix == ".tgz") return unpack_gzip(std::move(packed), name);
  if (suffix == ".xz") return unpack_xz(std::move(packed), name);
  return packed;
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
