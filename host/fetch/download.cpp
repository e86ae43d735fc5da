#include "host/fetch/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "host/data/data_error.h"
#include "host/results/file.h"

namespace innate::host {

namespace fs = std::filesystem;

// ---- the file

namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& attempt, int error) {
  throw DataError(file.string() + ": cannot " + attempt + ": " + std::generic_category().message(error) +
                  "; choose another folder with --to, or see to this one");
}

/// The process that held the lock before may have given the file its name meanwhile.
bool in_place(const fs::path& file, int descriptor) {
  struct stat ours = {}, there = {};
  return fstat(descriptor, &ours) == 0 && stat(file.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

void sync_folder(const fs::path& folder) {
  const Descriptor open_folder(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open_folder.valid())
    fsync(open_folder.get());  // some file systems cannot; the name is there all the same
}

}  // namespace

PartFile::PartFile(const fs::path& target) : target_(target), path_(target.string() + ".part") {
  do open_and_lock();
  while (!in_place(path_, descriptor_.get()));
  struct stat status = {};
  if (fstat(descriptor_.get(), &status) != 0) fail(path_, "look at it", errno);
  if (!S_ISREG(status.st_mode)) fail(path_, "write it (it is no plain file)", EINVAL);
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void PartFile::open_and_lock() {
  descriptor_ = Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!descriptor_.valid()) fail(path_, "create it", errno);
  while (flock(descriptor_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      throw DataError(path_.string() + ": another process is fetching this file; wait for it, or end it");
    if (errno != EINTR) fail(path_, "lock it", errno);
  }
}

PartFile::~PartFile() {
  if (descriptor_.valid() && size_ == 0 && in_place(path_, descriptor_.get())) unlink(path_.c_str());
}

int PartFile::append(std::string_view bytes) {
  const int error = write_all(descriptor_.get(), bytes);
  struct stat status = {};
  if (error == 0)
    size_ += bytes.size();
  else if (fstat(descriptor_.get(), &status) == 0)
    size_ = static_cast<std::uint64_t>(status.st_size);
  return error;
}

void PartFile::clear() {
  if (ftruncate(descriptor_.get(), 0) != 0) fail(path_, "empty it", errno);
  size_ = 0;
}

void PartFile::finish() {
  if (fsync(descriptor_.get()) != 0) fail(path_, "bring it to the disk", errno);
  if (std::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "give the file its name", errno);
  sync_folder(target_.parent_path());
  descriptor_ = Descriptor();
}

// ---- the request

namespace {

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

bool begins_with(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  for (std::size_t i = 0; i < lower_case.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[i])) != lower_case[i]) return false;
  return true;
}

/// "HTTP/1.1 404 Not Found\r\n" -> "404 Not Found".
std::string status_text(std::string_view line) {
  line.remove_prefix(std::min(line.size(), line.find(' ') + 1));
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  return std::string(line);
}

/// The first byte's number in "Content-Range: bytes 100-199/200"; -1 where there is none.
long long range_begin(std::string_view line) {
  line.remove_prefix(std::string_view("content-range:").size());
  const std::size_t digits = line.find_first_of("0123456789");
  long long first = -1;
  if (digits != line.npos) std::from_chars(line.data() + digits, line.data() + line.size(), first);
  return first;
}

class Request {
 public:
  Request(const std::string& url, PartFile& part, const Patience& patience, const Watch& watch);
  Answer perform();

 private:
  static std::size_t on_header(char* line, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* self);
  static int on_progress(void* self, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t);
  bool accept();
  Answer judge(CURLcode code);
  std::string failure(CURLcode code) const;
  std::string how_far() const;

  PartFile& part_;
  const Patience& patience_;
  const Watch& watch_;
  std::unique_ptr<CURL, CloseHandle> handle_;
  char error_[CURL_ERROR_SIZE] = "";
  std::uint64_t offset_;        // where the request begins; 0: the whole file
  std::string status_;          // of the last response, as it stands in there
  long long range_begin_ = -1;  // of the last response
  std::uint64_t total_ = 0;     // of the whole file, once the server has said so
  bool accepted_ = false, wrong_range_ = false;
  int write_error_ = 0;
};

Request::Request(const std::string& url, PartFile& part, const Patience& patience, const Watch& watch)
    : part_(part), patience_(patience), watch_(watch), handle_(curl_easy_init()), offset_(part.size()) {
  CURL* h = handle_.get();
  if (!h) throw DataError("libcurl cannot start; free memory");
  curl_easy_setopt(h, CURLOPT_URL, url.c_str());
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(h, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, patience.connect_seconds);
  curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1000L);
  curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, patience.stall_seconds);
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_USERAGENT, "innate");
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, error_);
  // Not CURLOPT_RESUME_FROM: that one fails where a server sends the whole file instead.
  if (offset_ > 0) curl_easy_setopt(h, CURLOPT_RANGE, (std::to_string(offset_) + "-").c_str());
  curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(h, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(h, CURLOPT_XFERINFODATA, this);
}

std::size_t Request::on_header(char* text, std::size_t, std::size_t size, void* self) {
  Request& r = *static_cast<Request*>(self);
  const std::string_view line(text, size);
  if (begins_with(line, "http/")) r.status_ = status_text(line), r.range_begin_ = -1;
  if (begins_with(line, "content-range:")) r.range_begin_ = range_begin(line);
  return size;
}

/// Whether the body is the file's, from where `part_` ends.
bool Request::accept() {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 200 && part_.size() > 0) part_.clear();  // the whole file, asked for or not
  if (status == 200) offset_ = 0;
  wrong_range_ = status == 206 && (offset_ == 0 || range_begin_ != static_cast<long long>(offset_));
  accepted_ = (status == 200 || status == 206) && !wrong_range_;
  curl_off_t length = -1;
  curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (accepted_ && length >= 0) total_ = offset_ + static_cast<std::uint64_t>(length);
  return accepted_;
}

std::size_t Request::on_body(char* bytes, std::size_t, std::size_t size, void* self) try {
  Request& r = *static_cast<Request*>(self);
  if (!r.accepted_ && !r.accept()) return 0;  // ends the transfer
  r.write_error_ = r.part_.append({bytes, size});
  return r.write_error_ == 0 ? size : 0;
} catch (const std::exception&) {
  static_cast<Request*>(self)->write_error_ = EIO;
  return 0;
}

int Request::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  Request& r = *static_cast<Request*>(self);
  if (r.accepted_ && r.watch_.progress) r.watch_.progress(r.part_.size(), r.total_);
  return r.watch_.stop && r.watch_.stop() ? 1 : 0;
}

Answer Request::perform() {
  const CURLcode code = curl_easy_perform(handle_.get());
  if (write_error_ != 0)
    throw DataError(part_.path().string() +
                    ": cannot write it: " + std::generic_category().message(write_error_) + "; " +
                    (write_error_ == ENOSPC || write_error_ == EDQUOT || write_error_ == EFBIG
                         ? "make room, and the same command goes on from there, "
                         : "see to the folder and its disk, ") +
                    "or choose another folder with --to");
  return judge(code);
}

Answer Request::judge(CURLcode code) {
  using Kind = Answer::Kind;
  if (code == CURLE_ABORTED_BY_CALLBACK) return {Kind::interrupted, "interrupted", false};
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 416 && offset_ > 0)
    return {Kind::complete, "", true};  // nothing behind what has come already
  if (wrong_range_) {
    part_.clear();  // else it would ask in vain for ever
    return {Kind::cut, "sends a range of the file that was not asked for", false};
  }
  const bool of_curl = code != CURLE_OK && code != CURLE_WRITE_ERROR;  // such as too many redirects
  if (status >= 400 || (status >= 300 && !of_curl)) return {Kind::refused, status_, false};
  if (code == CURLE_OK && !accepted_) accept();  // a response without a body
  if (code == CURLE_OK && accepted_) return {Kind::complete, "", offset_ > 0};
  const bool broke = code != CURLE_OPERATION_TIMEDOUT && part_.size() > offset_;
  return {broke ? Kind::cut : Kind::refused, failure(code), false};
}

std::string Request::how_far() const {
  const std::string total = total_ > 0 ? " of " + std::to_string(total_) : "";
  return "after " + std::to_string(part_.size()) + total + " bytes";
}

std::string Request::failure(CURLcode code) const {
  const std::string reason = error_[0] ? error_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OK: return status_.empty() ? "answers with nothing" : "answers " + status_;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING: return "breaks off " + how_far() + " (" + reason + ")";
    case CURLE_OPERATION_TIMEDOUT:
      return status_.empty() && total_ == 0 ? "does not answer (" + reason + ")"
                                            : "stalls " + how_far() + " (less than 1000 bytes a second for " +
                                                  std::to_string(patience_.stall_seconds) + " s)";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return reason + " (is the package ca-certificates installed?)";
    default: return reason;
  }
}

}  // namespace

Answer download(const std::string& url, PartFile& part, const Patience& patience, const Watch& watch) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK)
    throw DataError(std::string("libcurl cannot start: ") + curl_easy_strerror(started));
  return Request(url, part, patience, watch).perform();
}

}  // namespace innate::host
