// `innate run` that does not come to its end: killed, interrupted, out of disk, with a damaged checkpoint.
// Whatever happens, going on ends with the bytes of a run that nothing disturbed.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "host/results/records.h"
#include "tests/support/command.h"

namespace innate::test {
namespace {

/// Room for the largest run, and not for two at a time.
constexpr const char* kLittle = "60K";

class CommandCrash : public Command {
 protected:
  void SetUp() override {
    Command::SetUp();
    put(long_experiment());
    Process undisturbed(innate_run({"experiment.json", "--out", "undisturbed"}));
    const Ending ending = undisturbed.wait();
    ASSERT_TRUE(ended(ending, kDone));
    expected_ = tables(folder_ / "undisturbed");
    seconds_ = ending.seconds;
  }

  /// Three kinds of genomes, several points and replicas, some of which diverge or stop early, and many
  /// tests.
  static Json long_experiment() {
    Json json = experiment(
        {{"replicas", 3}, {"learning", {{"steps", 8000}}}, {"test", {{"every", 1000}, {"images", 60}}}});
    json["variants"] = Json::parse(R"([
      { "name": "gem", "sweep": { "genome.genes": [1, 4] } },
      { "name": "places", "set": { "genome": { "type": "spatial_gem", "genes": 2 }, "test": { "stop": "authors" } }, "sweep": { "learning.optimizer.rate": [0.01, 1e30] } },
      { "name": "direct", "set": { "genome": { "type": "direct" }, "test": { "every": null, "at": { "log": 6 }, "measures": ["modularity", "class_distance"] } } } ])");
    return json;
  }

  Invocation program(const Words& more = {}, const std::string& out = "out") const {
    Words arguments = {"experiment.json", "--out", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return innate_run(arguments);
  }

  /// Goes on to the end; the tables are those of the undisturbed run and nothing temporary is left.
  void expect_same_bytes_after_resuming(const Words& more = {}, const std::string& out = "out") const {
    Words arguments = {"--resume"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ending ending = run(program(arguments, out));
    EXPECT_TRUE(ended(ending, kDone));
    EXPECT_EQ(tables(folder_ / out), expected_);
    if (contains(ending.out, "Nothing to do")) return;  // killed after its last file
    EXPECT_EQ(names(folder_ / out), names(folder_ / "undisturbed"));
    EXPECT_EQ(read(folder_ / out / "experiment.json"), read(folder_ / "undisturbed/experiment.json"));
  }

  /// Starts it and stops it, until SIGCONT, where it has just written a checkpoint.
  std::unique_ptr<Process> stopped(const Invocation& program, const fs::path& out) const {
    for (int attempt = 0; attempt < 100; ++attempt) {  // on a busy machine it may end before it is stopped
      fs::remove_all(out);
      auto process = std::make_unique<Process>(program);
      while (!fs::exists(out / "checkpoint/state"))
        if (process->ends_within(0.001)) break;
      process->send(SIGSTOP);
      if (!process->ends_within(0)) return process;
      EXPECT_TRUE(ended(process->wait(), kDone));
    }
    throw std::runtime_error("it always ended before it could be stopped");
  }

  /// Has it interrupted where it has written a checkpoint.
  Ending interrupted(const Invocation& program, const fs::path& out, int signal = SIGINT) const {
    Ending ending;
    for (int attempt = 0; attempt < 100 && ending.status != kInterrupted; ++attempt) {
      auto process = stopped(program, out);
      process->send(signal);
      process->send(SIGCONT);
      ending = process->wait();
      if (ending.status != kDone) break;  // had nothing left to train
    }
    EXPECT_TRUE(ended(ending, kInterrupted, {"interrupted; go on with: ", "--resume"}));
    EXPECT_TRUE(fs::exists(out / "checkpoint/state"));
    return ending;
  }

  std::map<std::string, std::string> expected_;  // the tables
  double seconds_ = 0;                           // that the undisturbed run took
};

// ---- kill -9 ----

TEST_F(CommandCrash, KilledAtAnyMomentItGoesOn) {
  std::mt19937 random(5);
  const std::vector<double> early = {0, 0.001, 0.002, 0.004, 0.008, 0.012};
  std::size_t killed = 0;
  for (std::size_t i = 0; i < 60 && killed < 18; ++i) {
    const double share = std::generate_canonical<double, 24>(random);
    const double delay = i < early.size() ? early[i] : seconds_ * share;
    SCOPED_TRACE("killed after " + std::to_string(delay) + " s");
    const std::string out = "out" + std::to_string(i);
    const Ending ending = run_and_signal(program({}, out), delay, SIGKILL);
    if (ending.signal == SIGKILL) {
      ++killed;
    } else {
      EXPECT_TRUE(ended(ending, kDone));
      seconds_ = ending.seconds;  // the machine has become faster
    }
    expect_same_bytes_after_resuming({}, out);
  }
  EXPECT_EQ(killed, 18u);
}

TEST_F(CommandCrash, KilledAgainAndAgainItGoesOn) {
  std::mt19937 random(6);
  int killed = 0;
  for (int round = 0; round < 10 && killed < 10; ++round) {
    const std::string out = "out" + std::to_string(round);
    for (int i = 0; i < 12; ++i) {
      const double delay = 0.005 + seconds_ * 0.3 * std::generate_canonical<double, 24>(random);
      const Words more = {"--resume", "--threads", i % 2 ? "2" : "1"};
      const Ending ending = run_and_signal(program(more, out), delay, SIGKILL);
      EXPECT_TRUE(ending.signal == SIGKILL || ending.status == kDone) << ending.err;
      if (ending.signal != SIGKILL) break;
      ++killed;
    }
    expect_same_bytes_after_resuming({}, out);
  }
  EXPECT_GE(killed, 10);
}

TEST_F(CommandCrash, KilledWithinItsFirstFilesItGoesOn) {
  // At the moment a file or folder appears, and at what follows.
  for (const char* appears :
       {".lock", "experiment.json", "provenance.json", "checkpoint", "checkpoint/state",
        "checkpoint/genomes.bin", "metrics.csv", "runs.csv", "summary.csv", "genes.csv", "genomes.bin"}) {
    SCOPED_TRACE(appears);
    fs::remove_all(folder_ / "out");
    Process process(program());
    while (!fs::exists(folder_ / "out" / appears) && !process.ends_within(0)) {
    }
    process.send(SIGKILL);
    process.wait();
    expect_same_bytes_after_resuming();
  }
}

// ---- Interrupted ----

TEST_F(CommandCrash, InterruptedItKeepsWhatItHas) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    SCOPED_TRACE(strsignal(signal));
    const Ending ending = interrupted(program(), folder_ / "out", signal);
    EXPECT_FALSE(contains(ending.out, "results"));
    EXPECT_EQ(names(folder_ / "out"), (Words{"checkpoint", "experiment.json", "genes.csv", "metrics.csv",
                                             "provenance.json", "runs.csv", "summary.csv"}));
    EXPECT_EQ(names(folder_ / "out/checkpoint"), (Words{"genomes.bin", "state"}));
    EXPECT_EQ(Json::parse(read(folder_ / "out/provenance.json")).at("finished"), false);
    EXPECT_TRUE(contains(read(folder_ / "out/runs.csv"), "running"));
    expect_same_bytes_after_resuming();
  }
}

TEST_F(CommandCrash, WhatItSaysGoesOn) {
  // With every option that has to be said again, and words that a shell would take apart.
  const fs::path data = folder_ / "it's other data";
  fs::rename(data_, data);
  const Words more = {"--data", data.string(), "--set", "test.stop={ \"type\": \"never\" }"};
  const Ending ending = interrupted(program(more, "my results"), folder_ / "my results");
  const std::string mark = "go on with: ";
  const std::size_t at = ending.err.find(mark);
  ASSERT_NE(at, std::string::npos) << ending.err;
  Invocation shell = program();
  shell.file = "/bin/sh";
  shell.arguments = {"-c", ending.err.substr(at + mark.size())};
  EXPECT_TRUE(ended(run(shell), kDone));
  EXPECT_EQ(tables(folder_ / "my results"), expected_);
}

TEST_F(CommandCrash, InterruptedAtAnyMomentItGoesOn) {
  std::mt19937 random(7);
  int interrupted = 0;
  for (int i = 0; i < 30 && interrupted < 6; ++i) {
    const std::string out = "out" + std::to_string(i);
    const int signal = i % 2 ? SIGTERM : SIGINT;
    const double delay = i == 0 ? 0.002 : seconds_ * std::generate_canonical<double, 24>(random);
    SCOPED_TRACE("interrupted after " + std::to_string(delay) + " s");
    const Ending ending = run_and_signal(program({}, out), delay, signal);
    // Before its first line of its own a program ends by the signal itself; of SIGINT a shell says 130 then,
    // too.
    EXPECT_TRUE(ending.status == kInterrupted || ending.status == kDone || ending.signal == signal)
        << ending.status << ending.err;
    interrupted += ending.status == kInterrupted;
    if (ending.status == kDone) seconds_ = ending.seconds;
    expect_same_bytes_after_resuming({}, out);
  }
  EXPECT_EQ(interrupted, 6);
}

TEST_F(CommandCrash, ASecondInterruptEndsItAtOnce) {
  auto process = stopped(program(), folder_ / "out");
  for (const int signal : {SIGINT, SIGTERM, SIGCONT}) process->send(signal);  // it finds both when it goes on
  const Ending ending = process->wait();
  EXPECT_TRUE(ending.signal == SIGINT || ending.signal == SIGTERM) << ending.status << ending.err;
  expect_same_bytes_after_resuming();
}

TEST_F(CommandCrash, InterruptsThatAreIgnoredStayIgnored) {
  // As of a script's background job.
  Invocation background = program();
  background.ignored_signals = {SIGINT};
  auto process = stopped(background, folder_ / "out");
  process->send(SIGINT);
  process->send(SIGCONT);
  EXPECT_TRUE(ended(process->wait(), kDone));
  EXPECT_EQ(tables(folder_ / "out"), expected_);
}

TEST_F(CommandCrash, UnfinishedFolderNeedsResume) {
  interrupted(program(), folder_ / "out");
  const auto before = snapshot(folder_ / "out");
  EXPECT_TRUE(
      ended(run(program()), kFailed, {"out: holds this experiment, unfinished", "--resume", "--out"}));
  EXPECT_EQ(snapshot(folder_ / "out"), before);
  EXPECT_TRUE(ended(run(program({"--resume", "--set", "seed=8"})), kFailed, {"another experiment"}));
  EXPECT_EQ(snapshot(folder_ / "out"), before);
  expect_same_bytes_after_resuming();
}

TEST_F(CommandCrash, BegunWithAllMemoryItGoesOnWithLittle) {
  interrupted(program({"--threads", "2"}), folder_ / "out");
  expect_same_bytes_after_resuming({"--threads", "2", "--memory", kLittle});
}

TEST_F(CommandCrash, BegunWithLittleMemoryItGoesOnWithAll) {
  interrupted(program({"--threads", "2", "--memory", kLittle}), folder_ / "out");
  expect_same_bytes_after_resuming({"--threads", "2"});
}

TEST_F(CommandCrash, BegunByOneExecutorItGoesOnWithAnother) {
  interrupted(program({"--executor", "launches"}), folder_ / "out");
  expect_same_bytes_after_resuming({"--executor", "fused"});
}

TEST_F(CommandCrash, BegunOnTwoThreadsItGoesOnWithOne) {
  interrupted(program({"--threads", "2"}), folder_ / "out");
  expect_same_bytes_after_resuming({"--threads", "1"});
}

TEST_F(CommandCrash, BegunOnOneThreadItGoesOnWithTwo) {
  interrupted(program({"--threads", "1"}), folder_ / "out");
  expect_same_bytes_after_resuming({"--threads", "2"});
}

// ---- Two processes ----

TEST_F(CommandCrash, ASecondProcessIsRefused) {
  auto first = stopped(program(), folder_ / "out");
  const Ending second = run(program({"--resume"}));
  EXPECT_TRUE(
      ended(second, kFailed,
            {"out: another process (pid " + std::to_string(first->id()) + ") is writing this folder"}));
  first->send(SIGCONT);
  EXPECT_TRUE(ended(first->wait(), kDone));
  EXPECT_EQ(tables(folder_ / "out"), expected_);
  EXPECT_EQ(names(folder_ / "out"), names(folder_ / "undisturbed"));
}

TEST_F(CommandCrash, TwoAtTheSameTimeEndWithOneResult) {
  for (int i = 0; i < 3; ++i) {
    fs::remove_all(folder_ / "out");
    Process a(program({"--resume"})), b(program({"--resume"}));
    const Ending first = a.wait(), second = b.wait();
    EXPECT_TRUE(first.status == kDone || second.status == kDone) << first.err << second.err;
    for (const Ending& ending : {first, second}) {
      if (ending.status == kDone) continue;
      EXPECT_TRUE(ended(ending, kFailed, {"another process"}));
    }
    EXPECT_EQ(tables(folder_ / "out"), expected_);
  }
}

// ---- Checkpoints that cannot be trusted ----

class CommandCheckpoint : public CommandCrash {
 protected:
  void SetUp() override {
    CommandCrash::SetUp();
    if (HasFatalFailure()) return;
    interrupted(program(), folder_ / "out");
    file_ = folder_ / "out/checkpoint/state";
    whole_ = read(file_);
  }

  /// Refused with these words, and nothing but the checkpoint's time has changed.
  void expect_refusal(const std::string& bytes, const Words& words) const {
    write(file_, bytes);
    const auto before = snapshot(folder_ / "out");
    Words all = {"out/checkpoint/state: "};
    all.insert(all.end(), words.begin(), words.end());
    const Ending ending = run(program({"--resume"}));
    EXPECT_TRUE(ended(ending, kFailed, all));
    EXPECT_EQ(ending.out, "");
    const auto after = snapshot(folder_ / "out");
    for (const auto& [name, entry] : before)
      EXPECT_EQ(after.count(name) ? after.at(name).content : "gone", entry.content) << name;
    EXPECT_EQ(after.size(), before.size());
  }

  /// Puts the right checksum behind the front of the first record, the head (records.h).
  static void sign_head(std::string* bytes) {
    constexpr std::size_t at = 12, front = at + 24;
    std::size_t size = 0;
    for (std::size_t i = 8; i-- > 0;) size = size << 8 | static_cast<unsigned char>((*bytes)[at + i]);
    const std::string head = host::record_bytes(bytes->substr(front, size), "");
    bytes->replace(at, head.size(), head);
  }

  fs::path file_;
  std::string whole_;
};

TEST_F(CommandCheckpoint, DamagedIsRefused) {
  for (const std::size_t at :
       {std::size_t{30}, whole_.size() / 3, whole_.size() / 2, whole_.size() - 40, whole_.size() - 1}) {
    SCOPED_TRACE(at);
    std::string damaged = whole_;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    expect_refusal(damaged, {"damaged", "remove "});
  }
  expect_refusal(whole_ + "x", {"damaged"});
  expect_refusal("x" + whole_, {"no file of innate's"});
  expect_refusal(std::string(whole_.size(), '\0'), {"no file of innate's"});
  write(file_, whole_);
  expect_same_bytes_after_resuming();
}

TEST_F(CommandCheckpoint, CutOffIsRefused) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{11}, std::size_t{19},
                                 std::size_t{60}, whole_.size() / 2, whole_.size() - 1}) {
    SCOPED_TRACE(size);
    expect_refusal(whole_.substr(0, size), {"cut off", "remove "});
  }
  fs::remove(file_);
  expect_same_bytes_after_resuming();  // from the beginning
}

TEST_F(CommandCheckpoint, OfAnotherBuildIsRefused) {
  const std::string build = Json::parse(read(folder_ / "out/provenance.json")).at("build");
  const std::size_t at = whole_.find(build);
  ASSERT_NE(at, std::string::npos);
  std::string other = whole_;
  other[at + build.size() - 1] = other[at + build.size() - 1] == '0' ? '1' : '0';
  sign_head(&other);
  expect_refusal(other, {"was written by another build", build, "go on with that one"});
}

TEST_F(CommandCheckpoint, OfAnotherBackendOrFormatIsRefused) {
  std::string other = whole_;
  const std::size_t at = other.find("cpu");
  ASSERT_NE(at, std::string::npos);
  other.replace(at, 3, "gpu");
  sign_head(&other);
  expect_refusal(other, {"was written by another backend", "'gpu'", "'cpu'"});
  other = whole_;
  other[8] = static_cast<char>(other[8] + 1);
  expect_refusal(other, {"another format than 3, which this innate reads", "remove "});
  other.replace(0, 9, "INNATECK\1");
  expect_refusal(other, {"an older innate wrote it", "go on with the one that wrote it"});
}

TEST_F(CommandCheckpoint, OfAnotherExperimentIsRefused) {
  put(experiment({{"learning", {{"steps", 4000}}}, {"test", {{"every", 400}}}, {"replicas", 30}}),
      "other.json");
  interrupted(innate_run({"other.json", "--out", "other"}), folder_ / "other");
  expect_refusal(read(folder_ / "other/checkpoint/state"), {"belongs to another experiment"});
}

TEST_F(CommandCheckpoint, ThatIsAFolderIsRefused) {
  fs::remove(file_);
  fs::create_directories(file_ / "inside");
  EXPECT_TRUE(ended(run(program({"--resume"})), kFailed, {"out/checkpoint/state: is not a regular file"}));
  EXPECT_TRUE(fs::exists(file_ / "inside"));
}

/// A checkpoint from when some runs have ended, which needs what those have learned.
class CommandKeptGenomes : public CommandCrash {
 protected:
  void SetUp() override {
    CommandCrash::SetUp();
    if (HasFatalFailure()) return;
    file_ = folder_ / "out/checkpoint/genomes.bin";
    const auto holds_runs = [this] {
      return fs::exists(file_) && fs::file_size(file_) > 1000;
    };  // not a head alone
    for (int attempt = 0; attempt < 100 && !holds_runs(); ++attempt) {
      fs::remove_all(folder_ / "out");
      Process process(program());
      while (!holds_runs() && !process.ends_within(0)) {
      }
      process.send(SIGINT);
      process.wait();
    }
    ASSERT_TRUE(holds_runs()) << "it always ended before it could be interrupted";
  }
  fs::path file_;
};

TEST_F(CommandKeptGenomes, AreCheckedAndWhatIsLostIsTrainedAgain) {
  const std::string whole = read(file_);
  std::string damaged = whole;
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  write(file_, damaged);
  EXPECT_TRUE(
      ended(run(program({"--resume"})), kFailed, {"checkpoint/genomes.bin: ", "damaged", "remove the file"}));
  write(file_, whole.substr(0, whole.size() - 1));
  const Ending cut = run(program({"--resume"}));
  EXPECT_TRUE(ended(cut, kDone, {"checkpoint/genomes.bin: its last run was cut off", "it is trained again"}));
  EXPECT_EQ(tables(folder_ / "out"), expected_);
}

TEST_F(CommandKeptGenomes, MayBeRemoved) {
  fs::remove(file_);
  EXPECT_TRUE(ended(run(program({"--resume"})), kDone,
                    {"runs had ended, and 0 are found; the others are trained again"}));
  EXPECT_EQ(tables(folder_ / "out"), expected_);
}

// ---- Disks ----

/// A file system in memory that ends with this process at the latest: it is mounted where no other process
/// sees it.
class SmallDisk {
 public:
  SmallDisk(fs::path folder, const std::string& options) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    mounted_ = mount("innate-test", folder_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }

  bool mounted() const { return mounted_; }
  bool make_read_only() const {
    return mount(nullptr, folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }
  /// Leaves this many bytes free.
  void fill(std::size_t free) const {
    std::ofstream(folder_ / "filler") << std::string(fs::space(folder_).available - free, 'x');
  }
  void release() const { fs::remove(folder_ / "filler"); }

 private:
  fs::path folder_;
  bool mounted_ = false;
};

constexpr const char* kNoMounts = "this process may not mount a file system";

TEST_F(CommandCrash, ADiskWithoutInodesIsNotSaidToBeFull) {
  const SmallDisk disk(folder_ / "disk", "size=64M,nr_inodes=6");  // fewer than a run's folders and files
  if (!disk.mounted()) GTEST_SKIP() << kNoMounts;
  const Ending ending = run(program({}, "disk/out"));
  EXPECT_TRUE(ended(ending, kFailed,
                    {"innate: disk/out", "No space left on device", "no inodes left", "remove some files"}));
  EXPECT_FALSE(contains(ending.err, "are free")) << ending.err;
}

TEST_F(CommandCrash, AFullDiskIsSaidAndCostsNothing) {
  const SmallDisk disk(folder_ / "disk", "size=512k");
  if (!disk.mounted()) GTEST_SKIP() << kNoMounts;
  int began = 0;
  for (int pages = 0; pages <= 16; pages += pages < 8 ? 1 : 2) {
    SCOPED_TRACE(std::to_string(pages) + " pages free");
    fs::remove_all(folder_ / "disk/out");
    disk.fill(static_cast<std::size_t>(pages) * 4096);
    const Ending ending = run(program({}, "disk/out"));
    disk.release();
    if (ending.status != kDone) {
      EXPECT_TRUE(ended(ending, kFailed, {"innate: disk/out", "No space left on device", "free some space"}));
      began += fs::exists(folder_ / "disk/out/checkpoint/state");
      for (const std::string& name : names(folder_ / "disk/out"))
        EXPECT_NE(name.rfind(".tmp", 0), 0u) << name;
    }
    expect_same_bytes_after_resuming({}, "disk/out");
  }
  EXPECT_GE(began, 2) << "no run was stopped halfway";
}

TEST_F(CommandCrash, ADiskThatFillsWhileItRuns) {
  const SmallDisk disk(folder_ / "disk", "size=512k");
  if (!disk.mounted()) GTEST_SKIP() << kNoMounts;
  auto process = stopped(program({}, "disk/out"), folder_ / "disk/out");
  disk.fill(0);
  process->send(SIGCONT);
  EXPECT_TRUE(ended(
      process->wait(), kFailed,
      {"disk/out/", ": cannot write", "No space left on device", "bytes were needed", "free some space"}));
  EXPECT_TRUE(ended(run(program({"--resume"}, "disk/out")), kFailed, {"No space left on device"}));
  disk.release();
  expect_same_bytes_after_resuming({}, "disk/out");
}

TEST_F(CommandCrash, NoRoomForThePicture) {
  if (!have_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const SmallDisk disk(folder_ / "disk", "size=512k");
  if (!disk.mounted()) GTEST_SKIP() << kNoMounts;
  const auto expected = results(experiment(), "small");
  pictures_ = true;
  disk.fill(12 * 4096);  // a page or two for each of the small files, and less than a picture needs
  EXPECT_TRUE(ended(run(innate_run({"small.json", "--out", "disk/out"})), kFailed,
                    {"disk/out/curve.", "No space left on device"}));
  disk.release();
  ASSERT_TRUE(ended(run(innate_run({"small.json", "--out", "disk/out", "--resume"})), kDone));
  EXPECT_EQ(tables(folder_ / "disk/out"), expected);
  EXPECT_TRUE(fs::exists(folder_ / "disk/out/curve.png"));
}

TEST_F(CommandCrash, AReadOnlyDiskIsSaid) {
  const SmallDisk disk(folder_ / "disk", "size=512k");
  if (!disk.mounted()) GTEST_SKIP() << kNoMounts;
  interrupted(program({}, "disk/begun"), folder_ / "disk/begun");
  fs::create_directories(folder_ / "disk/empty");
  ASSERT_TRUE(disk.make_read_only());
  const Words words = {"innate: disk/", "Read-only file system", "choose another folder"};
  EXPECT_TRUE(ended(run(program({}, "disk/new")), kFailed, words));
  EXPECT_TRUE(ended(run(program({}, "disk/empty")), kFailed, words));
  EXPECT_TRUE(ended(run(program({"--resume"}, "disk/begun")), kFailed, words));
}

TEST_F(CommandCrash, AFileSizeLimitIsSaid) {
  Invocation limited = program();
  limited.file = "/bin/sh";
  limited.arguments.insert(limited.arguments.begin(),
                           {"-c", "ulimit -f 1; exec \"$0\" \"$@\"", INNATE_BINARY});
  EXPECT_TRUE(ended(run(limited), kFailed, {"innate: out/", "File too large", "ulimit -f"}));
  expect_same_bytes_after_resuming();
}

}  // namespace
}  // namespace innate::test
