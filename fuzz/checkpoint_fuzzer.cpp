// Checkpoints: a file as it is, and once more with its length and checksum put right, so that what lies
// behind them is reached. A journal that can be read is written again with the same bytes.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "host/command/journal.h"
#include "host/results/bytes.h"
#include "host/results/checkpoint_file.h"
#include "host/results/sha256.h"

namespace {

using namespace innate::host;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kLengthAt = 12, kDigest = 64;  // checkpoint_file.h

/// A file in memory that has a path.
class MemoryFile {
 public:
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  void hold(const Bytes& bytes) const {
    if (ftruncate(descriptor_, 0) != 0 ||
        pwrite(descriptor_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      std::abort();
  }

 private:
  int descriptor_ = memfd_create("checkpoint", 0);
};

void read(const Bytes& bytes) {
  static const MemoryFile file;
  file.hold(bytes);
  try {
    const Bytes payload = read_checkpoint(file.path(), {"build", "cpu", "experiment"});
    if (journal_bytes(read_journal(payload)) != payload) std::abort();
  } catch (const ResultsError&) {
  }
}

Bytes put_right(Bytes bytes) {
  bytes.resize(std::max(bytes.size(), kLengthAt + 8 + kDigest));
  for (std::size_t i = 0; i < 8; ++i)
    bytes[kLengthAt + i] = static_cast<std::uint8_t>(bytes.size() >> (8 * i));
  const std::span<const std::uint8_t> body(bytes.data(), bytes.size() - kDigest);
  const std::string digest = sha256_hex(as_text(body));
  std::copy(digest.begin(), digest.end(), bytes.end() - kDigest);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, data + size);
  read(bytes);
  read(put_right(bytes));
  return 0;
}
