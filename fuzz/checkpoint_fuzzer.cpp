// Files of records, checkpoints among them: the bytes as they are; behind a right head; and as the parts of a
// record whose lengths and checksums are right, so that what lies behind these is reached. A run that can be
// read is written again with the same bytes, and its front says the same of it.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/command/run_record.h"
#include "host/results/records.h"

namespace {

using namespace innate::host;

/// A file in memory that has a path.
class MemoryFile {
 public:
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  void hold(const std::string& bytes) const {
    if (ftruncate(descriptor_, 0) != 0 ||
        pwrite(descriptor_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      std::abort();
  }

 private:
  int descriptor_ = memfd_create("checkpoint", 0);
};

void read(const std::string& bytes) {
  static const MemoryFile file;
  file.hold(bytes);
  try {
    const RecordFile stored(file.path(), "checkpoint");
    for (std::size_t i = 0; i < stored.size(); ++i) {
      const RunRecord run = run_record(stored.read(i));
      if (run_record(stored.read_front(i)).metrics.size() != run.metrics.size()) std::abort();
      const std::string again = record_bytes(to_record(run));
      if (record_bytes(to_record(run_record(parse_record(again)))) != again) std::abort();
    }
  } catch (const ResultsError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  static const std::string head = records_front() + record_bytes({"checkpoint", {}});
  read(bytes);
  read(head + bytes);
  // the first byte says how many of the last are the back
  const std::size_t back = size == 0 ? 0 : std::min<std::size_t>(data[0], size - 1), front = size - back;
  read(head + record_bytes(bytes.substr(std::min<std::size_t>(size, 1), front - 1), bytes.substr(front)));
  return 0;
}
