#include "host/fetch/fetch.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "host/data/byte_source.h"
#include "host/data/data_error.h"
#include "host/data/find_sets.h"
#include "host/data/sha256.h"

namespace innate::host {

namespace fs = std::filesystem;

namespace {

std::string digest_of(ByteSource& bytes) {
  std::vector<std::uint8_t> buffer(1 << 18);
  Sha256 digest;
  for (std::size_t got = buffer.size(); got == buffer.size();) {
    got = bytes.read(buffer);
    digest.add(std::span(buffer).first(got));
  }
  return digest.hexadecimal();
}

std::size_t index_of(const KnownSet& set, const std::string& name) {
  const auto& names = set.format->files;
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string fault_of_bytes(const KnownSet& set, std::size_t index, ByteSource& bytes) {
  const std::string found = digest_of(bytes), published(set.files[index].sha256);
  if (found == published) return "";
  return "the SHA-256 of " + std::string(set.format->files[index]) + " is " + found + ", not " + published;
}

std::string fault_of_archive(const KnownSet& set, const fs::path& file, const fs::path& name) {
  std::vector<bool> seen(set.files.size(), false);
  std::string fault;
  each_file(file, name, [&](const fs::path& inside, ByteSource& bytes) {
    const std::size_t index = index_of(set, inside.filename().string());
    if (index == seen.size() || !fault.empty()) return;
    fault = fault_of_bytes(set, index, bytes);
    seen[index] = true;
  });
  for (std::size_t i = 0; i < seen.size() && fault.empty(); ++i)
    if (!seen[i]) fault = "lacks " + std::string(set.format->files[i]);
  return fault;
}

/// What is wrong with `file`, which is to be called `name` (one of the set's downloads, or one of its files);
/// "" where the SHA-256 of everything in it, after decompression, is as published.
std::string fault_of(const KnownSet& set, const fs::path& file, const std::string& name) try {
  const fs::path target = file.parent_path() / name;
  if (is_archive(name)) return fault_of_archive(set, file, target);
  const std::size_t index = index_of(set, without_packing(name));
  if (index == set.files.size()) return name + " is none of its files";
  return fault_of_bytes(set, index, *open_bytes(file, target));
} catch (const DataError& error) {
  return error.what();
}

constexpr int most_requests = 5;  // of one server that breaks off each time

std::vector<std::string> urls_of(const KnownSet& set, const std::string& file,
                                 const std::vector<std::string>& mirrors) {
  std::vector<std::string> urls;
  for (const std::string& mirror : mirrors) {
    const std::string base = mirror.ends_with('/') ? mirror : mirror + "/";
    urls.push_back(base + file);
    urls.push_back(base + std::string(set.name) + "/" + file);
  }
  for (const std::string_view mirror : set.mirrors) urls.push_back(std::string(mirror) + file);
  return urls;
}

/// One file from one URL, in as many requests as it takes.
class Source {
 public:
  Source(const KnownSet& set, const FetchOptions& options, const std::string& file, PartFile& part)
      : set_(set), options_(options), file_(file), part_(part) {}

  /// complete: `part` is the published file. Otherwise the text says why not.
  Answer take(const std::string& url) {
    bool from_the_beginning = part_.size() == 0;
    for (int request = 1;; ++request) {
      const std::uint64_t before = part_.size();
      Answer answer = download(url, part_, options_.patience, watch());
      if (answer.kind == Answer::Kind::cut && request < most_requests && part_.size() != before) continue;
      if (answer.kind != Answer::Kind::complete) return answer;
      const std::string fault = fault_of(set_, part_.path(), file_);
      if (fault.empty()) return answer;
      part_.clear();
      // What came before may have been the wrong part: another mirror's, or that of a file that has changed.
      if (!answer.resumed || from_the_beginning)
        return {Answer::Kind::refused, "wrong contents: " + fault, false};
      from_the_beginning = true;
    }
  }

 private:
  Watch watch() const {
    return {options_.stop, [this](std::uint64_t done, std::uint64_t total) {
              if (options_.progress) options_.progress(file_, done, total);
            }};
  }

  const KnownSet& set_;
  const FetchOptions& options_;
  const std::string& file_;
  PartFile& part_;
};

bool fetch_file(const KnownSet& set, const FetchOptions& options, const std::string& file) {
  PartFile part(options.folder / file);
  Source source(set, options, file, part);
  std::string answers;
  for (const std::string& url : urls_of(set, file, options.mirrors)) {
    const std::string from = part.size() > 0 ? ", from byte " + std::to_string(part.size()) + " on" : "";
    if (options.say) options.say("fetching " + url + from);
    const Answer answer = source.take(url);
    if (answer.kind == Answer::Kind::interrupted) return false;
    if (answer.kind == Answer::Kind::complete) {
      part.finish();
      return true;
    }
    if (options.say) options.say("  no: " + answer.text);
    answers += "\n  " + url + ": " + answer.text;
  }
  throw DataError("Cannot fetch " + file + " of " + std::string(set.name) + ". Tried:" + answers +
                  (part.size() > 0 ? "\nWhat has come lies in " + part.path().string() +
                                         "; the same command goes on from there."
                                   : "\nTry again later, or name a copy with --mirror URL."));
}

bool is_published(const KnownSet& set, const fs::path& file) {
  std::error_code failed;
  return fs::is_regular_file(file, failed) && fault_of(set, file, file.filename().string()).empty();
}

/// Of a set in a folder: what is wrong with it; "" where it is whole and as published.
std::string fault_of_set(const KnownSet& set, const fs::path& folder) {
  const auto found = find_set_in(folder, std::string(set.name), &set);
  if (!found) return "nothing is there";
  if (!found->complete()) return "lacks " + found->missing.front();
  for (const fs::path& archive : found->archives)
    if (const std::string fault = fault_of(set, archive, archive.filename().string()); !fault.empty())
      return archive.string() + ": " + fault;
  for (const fs::path& file : found->files)
    if (!file.empty())
      if (const std::string fault = fault_of(set, file, file.filename().string()); !fault.empty())
        return file.string() + ": " + fault;
  return "";
}

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!fs::is_directory(folder))
    throw DataError(folder.string() + ": cannot make the folder" + (failed ? ": " + failed.message() : "") +
                    "; choose another with --to");
}

/// A folder in which nothing has come does not stay.
class RemoveIfEmpty {
 public:
  explicit RemoveIfEmpty(const fs::path& folder) : folder_(folder) {}
  RemoveIfEmpty(const RemoveIfEmpty&) = delete;
  ~RemoveIfEmpty() {
    std::error_code holds_something;
    fs::remove(folder_, holds_something);
  }

 private:
  const fs::path& folder_;
};

}  // namespace

Fetched fetch(const KnownSet& set, const FetchOptions& options) {
  if (fault_of_set(set, options.folder).empty()) return Fetched::was_there;
  make_folder(options.folder);
  const RemoveIfEmpty nothing_came(options.folder);
  for (const std::string_view name : set.downloads) {
    const std::string file(name);
    if (is_published(set, options.folder / file)) continue;
    if (!fetch_file(set, options, file)) return Fetched::interrupted;
    if (options.say) options.say((options.folder / file).string() + " is as published");
  }
  // Another file may stand in front of one that has come, such as a plain one beside a .gz.
  if (const std::string fault = fault_of_set(set, options.folder); !fault.empty())
    throw DataError("The files of " + std::string(set.name) +
                    " have come, but another one is used before them: " + fault + "; remove it");
  return Fetched::done;
}

}  // namespace innate::host
