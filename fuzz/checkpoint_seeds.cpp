// Writes what the fuzzer of checkpoints begins with into a folder: files of the present format, whole and
// not, and the parts of a record alone (checkpoint_fuzzer.cpp).
#include <filesystem>
#include <fstream>
#include <string>

#include "host/command/run_record.h"
#include "host/results/bytes.h"

namespace {

using namespace innate::host;

RunRecord a_run(const std::string& status) {
  RunRecord run{"{\"genome\":1}", 7, "d1", "", status, 4, 3, 2, 1, 0.25, {{0.5}, {0.25}}, {}, {}, {}};
  run.metrics = {{0, 0, "accuracy", 0.5}, {0, 0, "loss", 1.25}, {0, 4, "accuracy", 0.75}};
  run.genes = {{0, 4, 0, 1, 0.25f, -0.5f, 0.125f}};
  run.state.steps = 4;
  run.state.arrays = {{"learned", {1, -2, 3.5f}}};
  if (!run.ended()) run.state.arrays.push_back({"velocity", {0, 0.5f, 1}});
  return run;
}

Record head(const std::string& kind) {
  Record head{kind, {{"build", "b"}, {"backend", "cpu"}, {"experiment", "e"}}};
  if (kind == "checkpoint") head.arrays.push_back({"runs", std::vector<std::int64_t>{2, 1}});
  return head;
}

/// What a file of this kind holds from its head on: two runs.
std::string runs(const std::string& kind, const std::string& status) {
  const std::string run = record_bytes(to_record(a_run(status)));
  return record_bytes(head(kind)) + run + run;
}

/// The number of the last bytes that are the back, then front and back.
std::string parts(const Record& record) {
  const std::string bytes = record_bytes(record);
  ByteReader lengths(as_bytes(bytes));
  const std::uint64_t front = lengths.u64(), back = lengths.u64();
  constexpr std::size_t begin = 24, digest = 64;
  return static_cast<char>(back) + bytes.substr(begin, front) + bytes.substr(begin + front + digest, back);
}

}  // namespace

int main(int, char** arguments) {
  const std::filesystem::path folder = arguments[1];
  std::filesystem::create_directories(folder);
  const auto put = [&folder](const char* name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  };
  const std::string whole = records_front() + runs("checkpoint", "running");
  std::string wrong = whole;
  wrong.back() ^= 1;
  put("whole", whole);
  put("empty", records_front() + record_bytes(head("checkpoint")));
  put("cut", whole.substr(0, whole.size() - 100));
  put("wrong_checksum", wrong);
  put("genomes", records_front() + runs("genomes", "done"));
  put("behind_a_head", record_bytes(to_record(a_run("stopped"))));
  put("parts_running", parts(to_record(a_run("running"))));
  put("parts_done", parts(to_record(a_run("done"))));
}
