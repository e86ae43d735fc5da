#include "host/data/byte_source.h"

#include "host/data/byte_source_formats.h"
#include "host/data/data_error.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

std::string what_is_there(const fs::file_status& status) {
  if (!fs::exists(status)) return "nothing";
  return fs::is_directory(status) ? "a directory" : "neither a file nor a directory";
}

void require_file_with_bytes(const fs::path& file) {
  std::error_code failed;
  const fs::file_status status = fs::status(file, failed);
  if (fs::is_regular_file(status)) {
    if (fs::file_size(file, failed) == 0 && !failed)
      throw DataError(file, "an empty file (0 bytes)", "a file with contents", "fetch or copy it again");
    return;
  }
  const std::string found = fs::status_known(status) ? what_is_there(status) : failed.message();
  throw DataError(file, found, "a file", "put the data file there, or remove what bears its name");
}

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const fs::path& file) {
  require_file_with_bytes(file);
  if (file.extension() == ".gz") return open_gzip(file);
  if (file.extension() == ".xz") return open_xz(file);
  return open_plain(file);
}

}  // namespace innate::host
