#include "host/fetch/check_download.h"

#include <algorithm>
#include <vector>

#include "host/data/archive.h"
#include "host/data/data_error.h"
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

}  // namespace

std::string fault_of(const KnownSet& set, const fs::path& file, const std::string& name) try {
  const fs::path target = file.parent_path() / name;
  if (is_archive(name)) return fault_of_archive(set, file, target);
  const std::size_t index = index_of(set, without_packing(name));
  if (index == set.files.size()) return name + " is none of its files";
  return fault_of_bytes(set, index, *open_bytes(file, target));
} catch (const DataError& error) {
  return error.what();
}

}  // namespace innate::host
