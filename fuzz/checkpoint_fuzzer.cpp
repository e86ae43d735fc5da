// Files of records, checkpoints among them: the bytes as they are; behind a right front; and as the body of a
// record whose length and checksum are right, so that what lies behind these is reached. A run that can be
// read is written again with the same bytes.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/command/run_record.h"
#include "host/results/bytes.h"
#include "host/results/records.h"
#include "host/results/sha256.h"

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
      const std::string again = record_bytes(to_record(run));
      if (record_bytes(to_record(run_record(parse_record(again)))) != again) std::abort();
    }
  } catch (const ResultsError&) {
  }
}

std::string signed_record(const std::string& body) {
  ByteWriter length;
  length.u64(body.size());
  const std::string front(as_text(length.data()));
  return front + sha256_hex(front).substr(0, 8) + body + sha256_hex(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  static const std::string front = records_front() + record_bytes({"checkpoint", {}});
  read(bytes);
  read(front + bytes);
  read(front + signed_record(bytes));
  return 0;
}
