#include "host/data/byte_source.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

#include "host/data/data_error.h"
#include "host/data/file_kind.h"

namespace innate::host {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 5> suffixes = {".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz"};

std::string_view suffix_of(std::string_view name) {
  for (const std::string_view suffix : suffixes)
    if (name.size() > suffix.size() && name.ends_with(suffix)) return suffix;
  return "";
}

/// An open archive. A .tar is unpacked by our own sources, which check the CRC of gzip, and libarchive does
/// not; a .zip has a CRC of its own for each file, and libarchive checks that.
class Archive {
 public:
  Archive(const fs::path& file, const fs::path& name);
  bool next();  // false: there is no further file
  const char* path() const { return archive_entry_pathname(entry_); }
  bool is_regular() const { return archive_entry_filetype(entry_) == AE_IFREG; }
  std::size_t read(std::span<std::uint8_t> out, const fs::path& name);
  void read_to_the_end();

 private:
  struct Free {
    void operator()(archive* open) const { archive_read_free(open); }
  };
  static la_ssize_t give(archive*, void* self, const void** bytes);
  void require(bool right, const fs::path& name) const;

  fs::path name_;
  std::unique_ptr<ByteSource> tar_;  // null where libarchive reads the file itself
  std::vector<std::uint8_t> buffer_;
  std::vector<std::uint8_t> first_;  // what it begins with, unpacked
  bool started_ = false;             // an entry has been found
  std::exception_ptr failure_;       // of tar_, while libarchive is on the stack
  archive_entry* entry_ = nullptr;
  std::unique_ptr<archive, Free> open_;  // before what it reads from
};

Archive::Archive(const fs::path& file, const fs::path& name) : name_(name), open_(archive_read_new()) {
  std::unique_ptr<ByteSource> bytes = open_bytes(file, name);  // refuses what is no file
  if (suffix_of(name.string()) == ".zip") {
    first_.resize(kind_bytes);
    first_.resize(bytes->read(first_));
    archive_read_support_format_zip_seekable(open_.get());  // by its directory, which a cut file lacks
    require(archive_read_open_filename(open_.get(), file.c_str(), 1 << 16) == ARCHIVE_OK, name);
    return;
  }
  tar_ = std::move(bytes);
  buffer_.resize(1 << 18);
  archive_read_support_format_tar(open_.get());
  require(archive_read_open(open_.get(), this, nullptr, give, nullptr) == ARCHIVE_OK, name);
}

la_ssize_t Archive::give(archive* open, void* self, const void** bytes) {
  Archive& own = *static_cast<Archive*>(self);
  *bytes = own.buffer_.data();
  try {
    const std::size_t got = own.tar_->read(own.buffer_);
    if (own.first_.empty())
      own.first_.assign(own.buffer_.begin(),
                        own.buffer_.begin() + static_cast<std::ptrdiff_t>(std::min(got, kind_bytes)));
    return static_cast<la_ssize_t>(got);
  } catch (...) {
    own.failure_ = std::current_exception();
    archive_set_error(open, EIO, "its bytes cannot be read");
    return ARCHIVE_FATAL;
  }
}

void Archive::require(bool right, const fs::path& name) const {
  if (failure_) std::rethrow_exception(failure_);
  if (right) return;
  const std::string suffix(suffix_of(name_.string()));
  const FileKind kind = kind_of(first_);
  const bool is_one =
      tar_ ? kind.what == tar_text : first_.size() > 1 && first_[0] == 'P' && first_[1] == 'K';
  if (!started_ && kind.form != FileKind::Form::unknown && !is_one)
    throw DataError(name_, kind.what, "a complete " + suffix + " file", kind.advice);
  const char* reason = archive_error_string(open_.get());
  throw DataError(name, std::string("a damaged archive (") + (reason ? reason : "no reason given") + ")",
                  "a complete " + suffix + " file", "fetch or copy it again");
}

bool Archive::next() {
  const int code = archive_read_next_header(open_.get(), &entry_);
  require(code >= ARCHIVE_WARN, name_);  // a warning is about names and times
  started_ = true;
  return code != ARCHIVE_EOF;
}

std::size_t Archive::read(std::span<std::uint8_t> out, const fs::path& name) {
  std::size_t done = 0;
  while (done < out.size()) {
    const la_ssize_t got = archive_read_data(open_.get(), out.data() + done, out.size() - done);
    require(got >= 0, name);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void Archive::read_to_the_end() {
  if (tar_) count_rest(*tar_);
}

class Entry : public ByteSource {
 public:
  Entry(Archive& archive, const fs::path& name) : archive_(archive), name_(name) {}
  std::size_t read(std::span<std::uint8_t> out) override { return archive_.read(out, name_); }

 private:
  Archive& archive_;
  fs::path name_;
};

}  // namespace

bool is_archive(const fs::path& file) { return !suffix_of(file.filename().string()).empty(); }

std::string without_archive_suffix(const std::string& name) {
  return name.substr(0, name.size() - suffix_of(name).size());
}

void each_file(const fs::path& file, const std::function<void(const fs::path&, ByteSource&)>& visit) {
  each_file(file, file, visit);
}

void each_file(const fs::path& file, const fs::path& name,
               const std::function<void(const fs::path&, ByteSource&)>& visit) {
  Archive archive(file, name);
  while (archive.next()) {
    if (!archive.is_regular() || !archive.path()) continue;
    const fs::path inside = fs::path(archive.path()).relative_path();
    Entry bytes(archive, name / inside);
    visit(inside, bytes);
  }
  archive.read_to_the_end();
}

}  // namespace innate::host
