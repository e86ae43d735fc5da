#include "host/results/results_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "host/results/file.h"

namespace innate::host {

namespace fs = std::filesystem;

// ---- the lock

namespace {

[[noreturn]] void refuse(const fs::path& folder, int descriptor) {
  char text[32];
  const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  const std::string holder(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto pid = holder.substr(0, holder.find('\n'));
  throw ResultsError(
      fmt::format("{}: another process{} is writing this folder; wait for it, end it, or choose another "
                  "folder",
                  folder.string(), pid.empty() ? "" : fmt::format(" (pid {})", pid)));
}

void lock_or_refuse(const fs::path& folder, const fs::path& file, int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) refuse(folder, descriptor);
    if (errno != EINTR) throw_file_error(file, "lock it", errno);
  }
}

// The previous holder removes the file while it still holds the lock: what we locked may be gone from the
// folder.
bool still_in_place(const fs::path& file, int descriptor) {
  struct stat ours {
  }, there{};
  return ::fstat(descriptor, &ours) == 0 && ::stat(file.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

void write_pid(const fs::path& file, int descriptor) {
  const std::string pid = fmt::format("{}\n", ::getpid());
  int error = ::ftruncate(descriptor, 0) == 0 ? 0 : errno;
  if (error == 0) error = write_all(descriptor, pid);
  if (error != 0) throw_file_error(file, "write it", error, pid.size());
}

}  // namespace

void refuse_second_process(const fs::path& folder) {
  const Descriptor lock(::open((folder / lock_name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    refuse(folder, lock.get());
}

FolderLock::FolderLock(const fs::path& folder) : file_(folder / lock_name) {
  do {
    descriptor_ = Descriptor(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!descriptor_.valid()) throw_file_error(file_, "open the folder's lock", errno);
    lock_or_refuse(folder, file_, descriptor_.get());
  } while (!still_in_place(file_, descriptor_.get()));
  write_pid(file_, descriptor_.get());
}

FolderLock::~FolderLock() {
  if (descriptor_.valid()) ::unlink(file_.c_str());
}

// ---- the folder

namespace {

using Json = nlohmann::ordered_json;

// A discarded value where the text is not JSON.
Json parse(std::string_view text) { return Json::parse(text, nullptr, false, true); }

bool is_housekeeping(const fs::path& file) { return file.filename() == lock_name || is_temporary(file); }

// The name of something in the folder that is no housekeeping; empty where there is nothing.
std::string first_content(const fs::path& folder) {
  std::error_code error;
  std::string first;
  fs::directory_iterator at(folder, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!is_housekeeping(at->path()) && (first.empty() || name < first)) first = name;
  }
  if (error) throw_file_error(folder, "look into the folder", error.value());
  return first;
}

bool marked_finished(const fs::path& folder) {
  const fs::path file = folder / results_name::provenance;
  if (!fs::is_regular_file(file)) return false;
  const Json provenance = parse(read_file(file));
  return provenance.is_object() && provenance.value("finished", Json(false)) == true;
}

bool is_finished(const fs::path& folder) {
  return fs::is_regular_file(folder / results_name::runs) &&
         fs::is_regular_file(folder / results_name::summary) && marked_finished(folder);
}

[[noreturn]] void not_ours(const fs::path& folder, std::string_view why) {
  throw ResultsError(fmt::format("{}: {}; nothing was touched, choose another folder", folder.string(), why));
}

const fs::path& created(const fs::path& folder) {
  create_folder(folder);
  return folder;
}

// The path, once nothing speaks against writing there.
fs::path permitted(fs::path folder) {
  inspect(folder);
  return folder;
}

}  // namespace

FolderState inspect(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return FolderState::absent;
  if (!fs::status_known(status)) throw_file_error(folder, "look at the folder", error.value());
  if (!fs::is_directory(status)) not_ours(folder, "is a file, not a folder");
  if (fs::exists(folder / results_name::experiment)) {
    if (!parse(read_file(folder / results_name::experiment)).is_object())
      not_ours(folder, "its experiment.json is not a JSON object");
    return is_finished(folder) ? FolderState::finished : FolderState::unfinished;
  }
  const std::string content = first_content(folder);
  if (content.empty()) return FolderState::empty;
  not_ours(folder, fmt::format("is no results folder: it holds '{}' and no experiment.json", content));
}

void create_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && !fs::is_directory(folder, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw_file_error(folder, "create the folder", error.value());
}

ResultsFolder::ResultsFolder(fs::path folder) : path_(permitted(std::move(folder))), lock_(created(path_)) {
  remove_leftovers(path_);
  remove_leftovers(path_ / results_name::checkpoint);
}

fs::path ResultsFolder::checkpoint(const std::string& name) const {
  const fs::path folder = path_ / results_name::checkpoint;
  create_folder(folder);
  return folder / name;
}

void ResultsFolder::begin(Json provenance, std::string_view experiment) const {
  const fs::path file = path_ / results_name::experiment;
  const bool fresh = !fs::exists(file);
  if (fresh) write_file(file, experiment);  // a folder without it is not ours
  write_provenance(std::move(provenance), false);
  if (!fresh && read_file(file) != experiment) write_file(file, experiment);
}

void ResultsFolder::finish(Json provenance) const {
  write_provenance(std::move(provenance), true);
  std::error_code error;
  fs::remove_all(path_ / results_name::checkpoint, error);
  if (error) throw_file_error(path_ / results_name::checkpoint, "remove the checkpoint", error.value());
}

void ResultsFolder::write_provenance(Json provenance, bool finished) const {
  provenance["finished"] = finished;
  write_file(path_ / results_name::provenance,
             provenance.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace innate::host
