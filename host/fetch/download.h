// One request of one file, through libcurl, and the file that grows until it has come.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "host/results/file.h"

namespace innate::host {

/// FILE.part: as much of a file as has come so far. Open and locked: no two processes write it. It outlives
/// the object, unless it is empty. Throws DataError.
class PartFile {
 public:
  explicit PartFile(const std::filesystem::path& target);
  PartFile(const PartFile&) = delete;
  ~PartFile();

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  /// Appends; 0, or the errno.
  int append(std::string_view bytes);
  void clear();
  /// Gives it the target's name, in place of what bore it, once its bytes are on the disk.
  void finish();

 private:
  void open_and_lock();

  std::filesystem::path target_, path_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

/// How long a server may keep us waiting.
struct Patience {
  long connect_seconds = 15;
  long stall_seconds = 20;  // with less than 1,000 bytes a second
};

/// What a download tells, and asks, while it runs; each may be empty.
struct Watch {
  std::function<bool()> stop;                                             // true: end it, keep what has come
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // total 0: the server does not say
};

struct Answer {
  enum class Kind {
    complete,     // all that the server wanted to send has come
    cut,          // the connection broke; more may come when the server is asked again
    refused,      // no use to ask this server again
    interrupted,  // by Watch::stop
  } kind = Kind::refused;
  std::string text;      // what the server answered, where it is not complete
  bool resumed = false;  // complete: part of the bytes are from an earlier request
};

/// Brings `part` to its end from `url` (http or https, also where it redirects to): from where it ends, if
/// the server takes such requests, and else from the beginning. Throws DataError where `part` cannot be
/// written.
Answer download(const std::string& url, PartFile& part, const Patience& patience, const Watch& watch);

}  // namespace innate::host
