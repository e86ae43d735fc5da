// Results on disk: whole files or none, tables, checkpoints, the life of a results folder.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "host/command/run_record.h"
#include "host/command/terminal.h"
#include "host/data/sha256.h"
#include "host/results/bytes.h"
#include "host/results/csv.h"
#include "host/results/file.h"
#include "host/results/records.h"
#include "host/results/results_folder.h"
#include "host/results/run_table.h"
#include "host/results/text.h"
#include "tests/support/messages.h"
#include "tests/support/temporary_folder.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;
using test::expect_parts;
using Cells = std::vector<std::string>;

class ResultsTest : public testing::Test {
 protected:
  Cells names() const { return names(dir_); }
  static Cells names(const fs::path& folder) {
    Cells found;
    for (const auto& entry : fs::directory_iterator(folder))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  const test::TemporaryFolder temporary_;
  const fs::path dir_ = temporary_.path();
};

template <class Error = ResultsError, class Call>
std::string message(const Call& call) {
  return test::error_of<Error>(call);
}

// ---- Whole files ----

using AtomicFile = ResultsTest;

TEST_F(AtomicFile, WritesAndReplaces) {
  write_file(dir_ / "a", "one");
  EXPECT_EQ(read_file(dir_ / "a"), "one");
  const std::vector<std::string_view> pieces{"t", "", "wo"};
  write_file(dir_ / "a", pieces);
  EXPECT_EQ(read_file(dir_ / "a"), "two");
  write_file(dir_ / "a", "");
  EXPECT_EQ(read_file(dir_ / "a"), "");
  EXPECT_EQ(names(), Cells{"a"});
}

TEST_F(AtomicFile, ARelativeNameWithoutFolderWorks) {
  const fs::path before = fs::current_path();
  fs::current_path(dir_);
  write_file("plain", "text");
  EXPECT_EQ(read_file("plain"), "text");
  fs::current_path(before);
}

TEST_F(AtomicFile, FailsWhereTheFolderIsMissingOrAFile) {
  expect_parts(message([&] { write_file(dir_ / "no" / "a", "x"); }), {"no/a", "No such file", "spelling"});
  write_file(dir_ / "file", "x");
  expect_parts(message([&] { write_file(dir_ / "file" / "a", "x"); }), {"Not a directory", "is a file"});
}

TEST_F(AtomicFile, AFolderInTheWayIsKeptAndNothingIsLeft) {
  fs::create_directory(dir_ / "a");
  expect_parts(message([&] { write_file(dir_ / "a", "x"); }), {"a: cannot put it in place", "in the way"});
  EXPECT_EQ(names(), Cells{"a"});
}

TEST_F(AtomicFile, FailsInAReadOnlyFolder) {
  if (::geteuid() == 0) GTEST_SKIP() << "permissions do not bind root";
  fs::permissions(dir_, fs::perms::owner_read | fs::perms::owner_exec);
  const std::string text = message([&] { write_file(dir_ / "a", "x"); });
  fs::permissions(dir_, fs::perms::owner_all);
  expect_parts(text, {"Permission denied", "that you may write to"});
}

TEST_F(AtomicFile, AFullDeviceIsReportedByItsErrno) {
  const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full.valid()) GTEST_SKIP() << "no /dev/full";
  EXPECT_EQ(write_all(full.get(), "x"), ENOSPC);
  expect_parts(message([&] { throw_file_error(dir_ / "a", "write it", ENOSPC, 12345); }),
               {"a: cannot write it: No space left", "12345 bytes were needed", "are free"});
}

TEST_F(AtomicFile, AWriteThatStopsHalfWayLeavesTheOldFile) {
  write_file(dir_ / "a", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string text = message([&] { write_file(dir_ / "a", std::string(5000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  expect_parts(text, {"a: cannot write it", "5000 bytes were needed", "ulimit -f"});
  EXPECT_EQ(read_file(dir_ / "a"), "old");
  EXPECT_EQ(names(), Cells{"a"});
}

TEST_F(AtomicFile, AKilledWriterLeavesTheOldFileOrTheNew) {
  const std::string even(40000, 'e'), odd(70001, 'o');
  write_file(dir_ / "a", even);
  for (int round = 0; round < 10; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 0;; ++i) write_file(dir_ / "a", i % 2 == 0 ? odd : even);
    }
    ::usleep(1500 * static_cast<useconds_t>(round + 1));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string found = read_file(dir_ / "a");
    EXPECT_TRUE(found == even || found == odd) << found.size();
  }
  remove_leftovers(dir_);
  EXPECT_EQ(names(), Cells{"a"});
}

TEST_F(AtomicFile, LeftoversAreRemovedAndLiveTemporariesAreNot) {
  write_file(dir_ / "kept", "x");
  const fs::path abandoned = dir_ / ".tmp-1-0", live = dir_ / ".tmp-1-1";
  write_file(abandoned, "x");
  write_file(live, "x");
  fs::create_directory(dir_ / ".tmp-folder");
  const Descriptor writer(::open(live.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
  EXPECT_EQ(remove_leftovers(dir_), 1);
  EXPECT_EQ(names(), (Cells{".tmp-1-1", ".tmp-folder", "kept"}));
  EXPECT_EQ(remove_leftovers(dir_ / "absent"), 0);
}

TEST_F(AtomicFile, ReadsRegularFilesOnly) {
  expect_parts(message([&] { read_file(dir_ / "none"); }), {"none: cannot open it", "No such file"});
  expect_parts(message([&] { read_file(dir_); }), {"not a regular file"});
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  expect_parts(message([&] { read_file(dir_ / "pipe"); }), {"not a regular file"});
}

// ---- CSV ----

TEST(Csv, QuotesWhatNeedsIt) {
  const Table table{{"a", "b c"}, {{"1", "x,y"}, {"say \"hi\"", "two\nlines"}, {"", " edge"}}};
  EXPECT_EQ(csv_text(table), "a,b c\n1,\"x,y\"\n\"say \"\"hi\"\"\",\"two\nlines\"\n,\" edge\"\n");
}

TEST(Csv, RoundTrips) {
  const std::vector<Table> tables{
      {{"a"}, {}},
      {{"a"}, {{""}, {"x"}, {""}}},
      {{"a", "b"}, {{"\"", "\"\""}, {"\r\n", ",\n,"}, {"", ""}, {"\xC3\xA9", "'"}}},
      {{"with,comma", "with\nline", "\"q\""}, {{"1", "2", "3"}}}};
  for (const auto& table : tables) {
    const Table back = parse_csv(csv_text(table), "t.csv");
    EXPECT_EQ(back.columns, table.columns);
    EXPECT_EQ(back.rows, table.rows);
  }
}

TEST(Csv, RoundTripsRandomCells) {
  std::mt19937 random(1);
  const std::string letters = "a,\"\n\r ;\\'";
  for (int round = 0; round < 300; ++round) {
    Table table{{"a", "b", "c"}, {}};
    for (int i = 0; i < 3; ++i) {
      Cells row(3);
      for (auto& cell : row)
        for (auto n = random() % 6; n > 0; --n) cell += letters[random() % letters.size()];
      table.rows.push_back(row);
    }
    EXPECT_EQ(parse_csv(csv_text(table), "t.csv").rows, table.rows);
  }
}

TEST(Csv, ReadsOtherWritersFiles) {
  const Table table = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n1,\"2\"\r\n3,",
      "t.csv");
  EXPECT_EQ(table.columns, (Cells{"a", "b"}));
  EXPECT_EQ(table.rows, (std::vector<Cells>{{"1", "2"}, {"3", ""}}));
}

TEST(Csv, ErrorsNameFileLineAndWhat) {
  const auto error = [](const std::string& text) { return message([&] { parse_csv(text, "t.csv"); }); };
  expect_parts(error(""), {"t.csv:1: the file is empty"});
  expect_parts(error("a,b\n1\n"), {"t.csv:2: 1 cells, but the header has 2"});
  expect_parts(error("a,b\n\"x\ny\",2\n1,2,3\n"), {"t.csv:4: 3 cells"});
  expect_parts(error("a,b\n1,2\n3,\"x\n\n"), {"t.csv:3: a quoted cell starts here and never ends"});
  expect_parts(error("a,b\n1,x\"y\n"), {"t.csv:2: a quote inside a cell"});
  expect_parts(error("a,b\n1,\"x\"y\n"), {"t.csv:2: text after a closing quote"});
  expect_parts(error("a\n1\r2\n"), {"t.csv:2: a carriage return"});
  expect_parts(error("a,b,a\n"), {"t.csv:1: the column 'a' occurs twice"});
}

TEST(Csv, RefusesToWriteARaggedRow) { EXPECT_THROW(csv_text({{"a", "b"}, {{"1"}}}), std::invalid_argument); }

TEST(Csv, FindsColumns) {
  EXPECT_EQ(find_column({{"a", "b"}, {}}, "b"), 1U);
  EXPECT_EQ(find_column({{"a", "b"}, {}}, "c"), std::nullopt);
}

TEST(CsvNumber, IsShortAndRoundTrips) {
  EXPECT_EQ(number(7840), "7840");
  EXPECT_EQ(number(1e6), "1000000");
  EXPECT_EQ(number(-3), "-3");
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1e-9), "1e-09");
  EXPECT_EQ(number(HUGE_VAL), "inf");
  EXPECT_EQ(number(-HUGE_VAL), "-inf");
  EXPECT_EQ(number(std::nan("")), "nan");
  EXPECT_EQ(number(-std::nan("")), "nan");
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    double value = 0;
    const std::uint64_t bits = random();
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) {
      EXPECT_EQ(parse_number(number(value)), value);
    }
  }
  for (const double value : {-0.0, 1e15, 1e15 + 2, 123456789012345678.0, 5e-324, 1.7976931348623157e308}) {
    EXPECT_EQ(parse_number(number(value)), value) << number(value);
    EXPECT_EQ(std::signbit(*parse_number(number(value))), std::signbit(value));
  }
}

TEST(CsvNumber, ReadsWholeNumbersOnly) {
  EXPECT_EQ(parse_number("inf"), HUGE_VAL);
  EXPECT_TRUE(std::isnan(*parse_number("nan")));
  for (const char* text : {"", " 1", "1 ", "1x", "x", "0,5", "+1"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

// ---- Bytes and checkpoints ----

TEST(Bytes, RoundTripLittleEndian) {
  ByteWriter writer;
  writer.u8(200);
  writer.u32(0x01020304);
  writer.u64(0xFFFFFFFFFFFFFFFFU);
  writer.i64(-5);
  writer.f32(1.5F);
  writer.f64(-0.1);
  writer.string(std::string("a\0b", 3));
  writer.floats(std::vector<float>{1, -2, 3.25F});
  writer.floats({});
  writer.bytes(std::vector<std::uint8_t>{7, 8});
  EXPECT_EQ(std::vector<std::uint8_t>(writer.data().begin() + 1, writer.data().begin() + 5),
            (std::vector<std::uint8_t>{4, 3, 2, 1}));
  ByteReader reader(writer.data());
  EXPECT_EQ(reader.u8(), 200);
  EXPECT_EQ(reader.u32(), 0x01020304U);
  EXPECT_EQ(reader.u64(), 0xFFFFFFFFFFFFFFFFU);
  EXPECT_EQ(reader.i64(), -5);
  EXPECT_EQ(reader.f32(), 1.5F);
  EXPECT_EQ(reader.f64(), -0.1);
  EXPECT_EQ(reader.string(), std::string("a\0b", 3));
  EXPECT_EQ(reader.floats(), (std::vector<float>{1, -2, 3.25F}));
  EXPECT_TRUE(reader.floats().empty());
  EXPECT_THROW(reader.expect_end(), ResultsError);
  EXPECT_EQ(reader.bytes(), (std::vector<std::uint8_t>{7, 8}));
  EXPECT_NO_THROW(reader.expect_end());
}

TEST(Bytes, ReadingPastTheEndThrowsAndMovesNothing) {
  ByteWriter writer;
  writer.u32(9);
  ByteReader reader(writer.data());
  EXPECT_THROW(reader.u64(), ResultsError);
  EXPECT_THROW(reader.floats(), ResultsError);
  EXPECT_EQ(reader.left(), 4U);
  EXPECT_EQ(reader.u32(), 9U);
  EXPECT_THROW(reader.u8(), ResultsError);
}

TEST(Bytes, AnAbsurdCountIsRefusedBeforeAllocation) {
  for (const std::uint64_t count : {std::uint64_t{3}, std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
    ByteWriter writer;
    writer.u64(count);
    writer.u64(0);  // eight bytes: two floats
    ByteReader reader(writer.data());
    EXPECT_THROW(reader.floats(), ResultsError);
    EXPECT_EQ(reader.left(), 16U);
    if (count > 8) {
      EXPECT_THROW(reader.string(), ResultsError);
      EXPECT_THROW(reader.bytes(), ResultsError);
    }
  }
}

TEST(Bytes, DigestIsSha256) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// ---- Records ----

class Records : public ResultsTest {
 protected:
  fs::path file() const { return dir_ / "genomes.bin"; }
  void put(const std::string& text) const {
    std::ofstream(file(), std::ios::binary) << text;
  }  // no fsync: fast
  std::string refusal() const {
    return message([&] {
      const RecordFile stored(file(), "genomes");
      for (std::size_t i = 0; i < stored.size(); ++i) stored.read(i);
    });
  }

  static Record record(float value) {
    return {"run",
            {{"learned", std::vector<float>{value, -2, 3.25F}},
             {"sums", std::vector<double>{0.1, std::numeric_limits<double>::infinity()}},
             {"counters", std::vector<std::int64_t>{-5, std::int64_t{1} << 62}},
             {"data", std::string("a\0b", 3)},
             {"none", std::vector<float>{}}}};
  }
  const Record head_{"genomes", {{"build", std::string("b1")}}};
};

TEST_F(Records, ComeBackAsTheyWereWrittenOrAppended) {
  const std::vector<Record> records{record(1), record(2), record(3)};
  write_records(file(), head_, records);
  const std::string whole = read_file(file());
  fs::remove(file());
  GrowingRecords growing(file(), head_);
  growing.append({});
  growing.append(std::span(records).first(1));
  growing.append(std::span(records).subspan(1));
  EXPECT_EQ(read_file(file()), whole);
  const RecordFile stored(file(), "genomes");
  EXPECT_EQ(stored.head(), head_);
  ASSERT_EQ(stored.size(), 3u);
  EXPECT_EQ(stored.cut_off(), 0u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stored.read(i), records[i]);
    EXPECT_EQ(stored.bytes(i), record_bytes(records[i]));
  }
  EXPECT_EQ(stored.read(1).get<std::vector<float>>("learned")[0], 2);
  expect_parts(message([&] { stored.read(1).get<std::vector<double>>("learned"); }), {"lacks 'learned'"});
  EXPECT_EQ(names(), Cells{"genomes.bin"});
}

TEST_F(Records, ACutCostsTheRecordThatItGoesThroughAndAppendingGoesOnThere) {
  const std::vector<Record> records{record(1), record(2)};
  write_records(file(), head_, records);
  const std::string whole = read_file(file());
  const std::size_t one = record_bytes(records[0]).size(), front = whole.size() - 2 * one;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    if (size < front) {
      expect_parts(refusal(), {file().string(), "cut off", "remove the file"});
      continue;
    }
    const RecordFile stored(file(), "genomes");
    EXPECT_EQ(stored.size(), (size - front) / one) << size;
    EXPECT_EQ(stored.cut_off(), (size - front) % one) << size;
    if (size % 16 != 0) continue;
    GrowingRecords growing(file(), head_);
    growing.append(std::span(records).subspan(stored.size()));
    EXPECT_EQ(read_file(file()), whole) << size;
  }
  put(whole + std::string(500, '\0'));  // what some file systems leave after a power cut
  EXPECT_EQ(RecordFile(file(), "genomes").size(), 2u);
}

TEST_F(Records, EveryChangedByteIsSeen) {
  const std::vector<Record> records{record(1), record(2)};
  write_records(file(), head_, records);
  const std::string whole = read_file(file());
  const std::size_t last = whole.size() - record_bytes(records[1]).size();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ (at % 3 == 0 ? 0x01 : at % 3 == 1 ? 0x80 : 0xFF));
    put(changed);
    if (at < last + 24) {
      expect_parts(refusal(), {file().string(), "remove the file"});
    } else {  // of the last record, as if it had been cut off
      EXPECT_EQ(RecordFile(file(), "genomes").size(), 1u) << at;
    }
  }
}

TEST_F(Records, OtherFilesAreNamed) {
  put("INNATECK\1\0\0\0 and so on");
  expect_parts(refusal(), {"an older innate wrote it", "run the experiment again"});
  put("PK\x03\x04 something else");
  expect_parts(refusal(), {"is no file of innate's"});
  std::string other = records_front();
  other[8] = 9;
  put(other);
  expect_parts(refusal(), {"another format than 3"});
  write_records(file(), {"checkpoint", {}}, {});
  expect_parts(refusal(), {"a file of 'checkpoint', not of 'genomes'"});
  fs::remove(file());
  expect_parts(refusal(), {"No such file"});
  fs::create_directory(file());
  expect_parts(refusal(), {"is not a regular file"});
}

TEST_F(Records, WellSignedAbsurditiesAreRefused) {
  ByteWriter body;
  body.string("run");
  body.u64(std::uint64_t{1} << 60);  // arrays
  expect_parts(message([&] { parse_record(record_bytes(as_text(body.data()), "")); }), {"damaged"});
  Record one{"run", {{"learned", std::vector<float>(3)}}};
  const std::string whole = record_bytes(one);
  const std::string_view front = std::string_view(whole).substr(24, whole.size() - 24 - 64 - 12 - 64);
  EXPECT_EQ(parse_record(record_bytes(front, std::string(12, '\0'))), one);
  expect_parts(message([&] { parse_record(record_bytes(front, "0123")); }), {"3 floats", "4 bytes"});
  expect_parts(message([&] { parse_record(record_bytes(front, std::string(16, 'x'))); }),
               {"4 bytes are left over"});
}

/// What is many lies behind, and is neither read nor checked before it is asked for.
TEST_F(Records, TheFrontIsReadWithoutTheFloats) {
  const std::vector<Record> records{record(1), record(2), record(3)};
  write_records(file(), head_, records);
  Record front = record(2);
  front.arrays[0].values = std::vector<float>{};
  EXPECT_EQ(RecordFile(file(), "genomes").read_front(1), front);
  std::string damaged = read_file(file());
  const std::size_t two = record_bytes(records[1]).size() + record_bytes(records[2]).size();
  const std::size_t end = damaged.size() - record_bytes(records[2]).size();
  damaged[end - 64 - 1] ^= 1;  // the last of its three floats
  put(damaged);
  const RecordFile stored(file(), "genomes");
  EXPECT_EQ(stored.read_front(1), front);
  for (const std::string& said :
       {message([&] { stored.read(1); }), message([&] { stored.bytes(1); }), refusal()})
    expect_parts(said,
                 {file().string() + ": record 2 of 3: ", "its checksum does not match", "remove the file"});
  damaged[damaged.size() - two + 24] ^= 1;  // of its front
  put(damaged);
  expect_parts(message([&] { RecordFile(file(), "genomes").read_front(1); }),
               {": record 2 of 3: ", "its checksum does not match"});
}

// ---- What is kept of a run ----

RunRecord a_run(const std::string& status) {
  RunRecord run{"{\"genome\":1}",
                std::uint64_t{1} << 63,
                "d1",
                "f1",
                status,
                60,
                9,
                7,
                3,
                0.25,
                {{0.5, 0.25, 0.125}, {1, 2, 4}},
                {},
                {},
                {}};
  run.metrics = {{0, 0, "accuracy", 0.5},
                 {0, 0, "loss", std::numeric_limits<double>::quiet_NaN()},
                 {0, 60, "accuracy", 0.75}};
  run.genes = {{0, 60, 2, 3, 0.25f, -0.5f, 0.125f}};
  run.state.steps = 60;
  run.state.arrays = {{"learned", {1, 2, 3}}};
  if (status != "running") return run;
  run.state.steps = 61, run.state.tests = 2, run.state.last_test = 60, run.state.loss_sum = 1.5f;
  run.state.progress = {0.75, 1};
  run.state.arrays.push_back({"velocity", {4, 5, 6}});
  return run;
}

TEST(RunRecord, RoundTrip) {
  for (const char* status : {"running", "done", "stopped", "diverged"}) {
    const Record record = to_record(a_run(status));
    const RunRecord read = run_record(parse_record(record_bytes(record)));
    EXPECT_EQ(record_bytes(to_record(read)), record_bytes(record));
    EXPECT_EQ(read.point, "{\"genome\":1}");
    EXPECT_EQ(read.seed, std::uint64_t{1} << 63);
    EXPECT_EQ(read.data, "d1");
    EXPECT_EQ(read.from, "f1");
    EXPECT_EQ(read.status, status);
    EXPECT_EQ(read.progress, 60);
    EXPECT_EQ((std::vector<int>{read.height, read.width, read.channels}), (std::vector<int>{9, 7, 3}));
    EXPECT_EQ(read.density, 0.25);
    EXPECT_EQ(read.standard.mean, a_run(status).standard.mean);
    EXPECT_EQ(read.standard.sd, a_run(status).standard.sd);
    ASSERT_EQ(read.metrics.size(), 3u);
    EXPECT_EQ(read.metrics[2].metric, "accuracy");
    EXPECT_EQ(read.metrics[2].at, 60);
    EXPECT_EQ(read.metrics[2].value, 0.75);
    EXPECT_TRUE(std::isnan(read.metrics[1].value));
    EXPECT_EQ(read.genes[0].gene, 3);
    EXPECT_EQ(read.genes[0].row, 0.25f);
    EXPECT_EQ(read.state.learned(), (std::vector<float>{1, 2, 3}));
    if (read.ended()) continue;
    EXPECT_EQ(read.state.steps, 61);
    EXPECT_EQ(read.state.tests, 2);
    EXPECT_EQ(read.state.last_test, 60);
    EXPECT_EQ(read.state.loss_sum, 1.5f);
    EXPECT_EQ(read.state.progress.best, 0.75);
    EXPECT_EQ(read.state.progress.stagnant, 1);
    ASSERT_EQ(read.state.arrays.size(), 2u);
    EXPECT_EQ(read.state.arrays[1].name, "velocity");
    EXPECT_EQ(read.state.arrays[1].numbers, (std::vector<float>{4, 5, 6}));
  }
}

TEST(RunRecord, WhatIsNoneIsRefused) {
  const Record whole = to_record(a_run("running"));
  for (std::size_t i = 0; i < whole.arrays.size(); ++i) {
    Record without = whole;
    without.arrays.erase(without.arrays.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string& name = whole.arrays[i].name;
    if (name == "from" || name == "genes.at" || name == "state.arrays.velocity")
      continue;  // a run may have none
    EXPECT_THROW(run_record(without), ResultsError) << name;
    without = whole;
    without.arrays[i].values = std::vector<double>(2);
    if (name == "state.sums") continue;
    EXPECT_THROW(run_record(without), ResultsError) << name;
  }
  RunRecord odd = a_run("done");
  odd.status = "lost";
  expect_parts(message([&] { run_record(to_record(odd)); }), {"its status is 'lost'"});
  odd = a_run("done");
  odd.state.arrays = {{"velocity", {1}}};
  expect_parts(message([&] { run_record(to_record(odd)); }), {"nothing of what was learned"});
}

// ---- Tables of runs ----

RunRow run_of(std::string variant, std::string genes, int replica, double best, std::string status = "done") {
  RunRow run;
  run.variant = std::move(variant);
  if (!genes.empty()) run.point = {{"genome.genes", genes}};
  run.replica = replica;
  run.seed = 1 + static_cast<std::uint64_t>(replica);
  run.genome_parameters = 154;
  run.network_parameters = 7840;
  run.compression = 50.9;
  run.percent = 1.9643;
  run.progress = 100 + 2 * replica;
  run.status = std::move(status);
  run.best = {{"accuracy", best}};
  run.final = {{"accuracy", best / 2}, {"loss", 1}};
  return run;
}

std::string cell(const Table& table, std::size_t row, const std::string& column) {
  const auto at = find_column(table, column);
  return at ? table.rows.at(row)[*at] : "(no such column)";
}

TEST(RunTable, RunsHaveTheColumnsInTheirOrder) {
  std::vector<RunRow> runs{run_of("S-GEM", "11", 0, 0.5), run_of("direct", "", 0, 0.9)};
  runs[1].point = {{"learning.rate", "0.1"}};
  runs[1].paper_parameters = 7840;
  runs[1].best = {{"accuracy", 0.9}, {"loss", std::nan("")}};
  const Table table = runs_table(runs);
  EXPECT_EQ(table.columns,
            (Cells{"variant", "genome.genes", "learning.rate", "replica", "seed", "genome_parameters",
                   "paper_parameters", "network_parameters", "compression", "percent", "progress", "status",
                   "best_accuracy", "best_loss", "final_accuracy", "final_loss"}));
  EXPECT_EQ(table.rows[0], (Cells{"S-GEM", "11", "", "0", "1", "154", "", "7840", "50.9", "1.9643", "100",
                                  "done", "0.5", "", "0.25", "1"}));
  EXPECT_EQ(table.rows[1], (Cells{"direct", "", "0.1", "0", "1", "154", "7840", "7840", "50.9", "1.9643",
                                  "100", "done", "0.9", "nan", "0.45", "1"}));
}

TEST(RunTable, SummaryByHand) {
  const std::vector<RunRow> runs{run_of("A", "3", 0, 0.5), run_of("A", "3", 1, 0.75), run_of("A", "3", 2, 1),
                                 run_of("A", "3", 3, 0.1, "diverged"), run_of("A", "4", 0, 0.6)};
  const Table table = summary_table(runs);
  EXPECT_EQ(table.columns,
            (Cells{"variant", "genome.genes", "replicas", "diverged", "genome_parameters", "paper_parameters",
                   "network_parameters", "compression", "percent", "progress_mean", "progress_sd",
                   "best_accuracy_mean", "best_accuracy_sd", "final_accuracy_mean", "final_accuracy_sd",
                   "final_loss_mean", "final_loss_sd"}));
  ASSERT_EQ(table.rows.size(), 2U);
  // progress 100, 102, 104: mean 102, sd 2. best 0.5, 0.75, 1: mean 0.75, sd 0.25.
  EXPECT_EQ(table.rows[0], (Cells{"A", "3", "4", "1", "154", "", "7840", "50.9", "1.9643", "102", "2", "0.75",
                                  "0.25", "0.375", "0.125", "1", "0"}));
  EXPECT_EQ(table.rows[1], (Cells{"A", "4", "1", "0", "154", "", "7840", "50.9", "1.9643", "100", "", "0.6",
                                  "", "0.3", "", "1", ""}));
}

TEST(RunTable, WhereAllDivergedThereAreNoMeans) {
  const Table table = summary_table(std::vector<RunRow>{run_of("A", "3", 0, 0.5, "diverged")});
  EXPECT_EQ(cell(table, 0, "diverged"), "1");
  EXPECT_EQ(cell(table, 0, "best_accuracy_mean"), "");
  EXPECT_EQ(cell(table, 0, "best_accuracy_sd"), "");
  EXPECT_EQ(cell(table, 0, "genome_parameters"), "154");
}

TEST(RunTable, EqualValuesHaveExactlyThatMeanAndNoSd) {
  const std::vector<double> tenths(7, 0.1);
  EXPECT_EQ(mean(tenths), 0.1);
  EXPECT_EQ(sample_sd(tenths), 0);
}

TEST(RunTable, TheOrderOfAddingDoesNotMatterWithNumbersOfPoints) {
  std::vector<RunRow> runs;
  std::vector<MetricRow> metrics;
  int point = 0;
  for (const auto& [variant, genes] : std::vector<std::pair<const char*, const char*>>{
           {"S-GEM", "26"}, {"S-GEM", "11"}, {"GEM", "5"}, {"direct", ""}}) {
    for (int replica = 0; replica < 3; ++replica) {
      runs.push_back(run_of(variant, genes, replica, 0.1 * replica));
      runs.back().point_number = point;
      const int index = static_cast<int>(runs.size()) - 1;
      for (const int at : {0, 5, 10})
        for (const char* metric : {"loss", "accuracy"}) metrics.push_back({index, at, metric, at + 0.5});
    }
    ++point;
  }
  const std::string sorted_runs = csv_text(runs_table(runs)), sorted_summary = csv_text(summary_table(runs)),
                    sorted_metrics = csv_text(metrics_table(runs, metrics));
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<int> order(runs.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<RunRow> mixed;
    std::vector<MetricRow> mixed_metrics;
    for (std::size_t i = 0; i < order.size(); ++i) {
      mixed.push_back(runs[static_cast<std::size_t>(order[i])]);
      for (const auto& row : metrics)
        if (row.run == order[i])
          mixed_metrics.push_back({static_cast<int>(i), row.at, row.metric, row.value});
    }
    EXPECT_EQ(csv_text(runs_table(mixed)), sorted_runs);
    EXPECT_EQ(csv_text(summary_table(mixed)), sorted_summary);
    EXPECT_EQ(csv_text(metrics_table(mixed, mixed_metrics)), sorted_metrics);
  }
}

TEST(RunTable, WithoutPlacesVariantsAndPointsStandAsFirstSeen) {
  const std::vector<RunRow> runs{run_of("B", "5", 1, 0), run_of("A", "1", 0, 0), run_of("B", "3", 0, 0),
                                 run_of("B", "5", 0, 0)};
  const Table table = runs_table(runs);
  std::vector<Cells> heads;
  for (const auto& row : table.rows) heads.push_back({row[0], row[1], row[2]});
  EXPECT_EQ(heads, (std::vector<Cells>{{"B", "5", "0"}, {"B", "5", "1"}, {"B", "3", "0"}, {"A", "1", "0"}}));
}

TEST(RunTable, MetricsAreSortedAndALaterRowReplaces) {
  const std::vector<RunRow> runs{run_of("A", "3", 1, 0), run_of("A", "3", 0, 0)};
  const std::vector<MetricRow> metrics{{0, 10, "accuracy", 0.5},
                                       {1, 20, "loss", 2},
                                       {1, 20, "accuracy", 0.25},
                                       {1, 3, "loss", 1},
                                       {1, 20, "loss", 7}};
  const Table table = metrics_table(runs, metrics);
  EXPECT_EQ(table.columns, (Cells{"variant", "genome.genes", "replica", "at", "metric", "value"}));
  EXPECT_EQ(table.rows, (std::vector<Cells>{{"A", "3", "0", "3", "loss", "1"},
                                            {"A", "3", "0", "20", "loss", "7"},
                                            {"A", "3", "0", "20", "accuracy", "0.25"},
                                            {"A", "3", "1", "10", "accuracy", "0.5"}}));
}

TEST(RunTable, RefusesUnknownStatusAndRuns) {
  const std::vector<RunRow> odd{run_of("A", "3", 0, 0, "gone")}, good{run_of("A", "3", 0, 0)};
  EXPECT_THROW(runs_table(odd), std::invalid_argument);
  for (const int run : {-1, 1}) {
    const std::vector<MetricRow> metrics{{run, 0, "loss", 0}};
    EXPECT_THROW(metrics_table(good, metrics), std::invalid_argument);
  }
}

TEST(RunTable, NoRunsGiveHeadersAlone) {
  EXPECT_TRUE(runs_table({}).rows.empty());
  EXPECT_TRUE(summary_table({}).rows.empty());
  EXPECT_EQ(metrics_table({}, {}).columns, (Cells{"variant", "replica", "at", "metric", "value"}));
}

TEST(TerminalTable, AlignsAndRounds) {
  const Table table{{"variant", "genome_parameters", "percent", "best_accuracy_mean", "rate", "note"},
                    {{"S-GEM", "154", "1.964285714", "0.81237", "0.001", "x\ny"},
                     {"\xC3\xA9", "7840", "100", "0.9253", "", "z"},
                     {"c", "", "nan", "0.05", "0.0333333333", ""}}};
  const Cells columns{"variant", "genome_parameters", "absent", "percent", "best_accuracy_mean", "rate",
                      "note"};
  EXPECT_EQ(terminal_table(table, columns),
            "variant  genome_parameters   percent  best_accuracy_mean          rate  note\n"
            "S-GEM                  154    1.96 %             81.24 %         0.001  x y\n"
            "\xC3\xA9                     7840  100.00 %             92.53 %             -  z\n"
            "c                        -       nan              5.00 %  0.0333333333  -\n");
}

TEST(TerminalTable, WhatSaysWhichRunItIsStaysAsItIs) {
  const Table table{{"variant", "genome.genes", "task.data", "seed", "loss_mean"},
                    {{"1e3", "07", "1e1", "18446744073709551615", "1e3"},
                     {"nan", "26", "mnist", "1", "0.12345"},
                     {"0.50000", "1e0", "", "2", "1234567.5"}}};
  EXPECT_EQ(terminal_table(table, table.columns),
            "variant  genome.genes  task.data                  seed  loss_mean\n"
            "1e3                07  1e1        18446744073709551615        1e3\n"
            "nan                26  mnist                         1     0.1235\n"
            "0.50000           1e0  -                             2  1.235e+06\n");
}

TEST(TerminalTable, LongNamesAreCutAndWideOnesAligned) {
  const Table table{{"variant", "replicas"},
                    {{std::string(90, 'a') + ", number 17", "3"}, {"\u65E5\u672C", "4"}, {"e\u0301", "5"}}};
  EXPECT_EQ(terminal_table(table, table.columns),
            "variant                                   replicas\n" + std::string(26, 'a') +
                "\u2026aa, number 17         3\n"
                "\u65E5\u672C                                             4\n"
                "e\u0301                                                5\n");
}

TEST(Text, FitsIntoColumns) {
  EXPECT_EQ(terminal_columns("a\u65E5e\u0301"), 4U);
  EXPECT_EQ(fitted("abc", 3), "abc");
  EXPECT_EQ(fitted("abcd", 3), "ab\u2026");
  EXPECT_EQ(fitted("\u65E5\u672C\u8A9E", 6), "\u65E5\u672C\u8A9E");
  EXPECT_EQ(fitted("\u65E5\u672C\u8A9E", 5), "\u65E5\u672C\u2026");
  EXPECT_EQ(fitted("\u65E5\u672C\u8A9E", 4), "\u65E5\u2026");
  EXPECT_EQ(fitted("abc", 0), "");
  EXPECT_EQ(fitted("a\x1B[31m\u202Eb\xFF", 20), "a [31m b?");
  EXPECT_EQ(fitted_name("one, number 17", 14), "one, number 17");
  EXPECT_EQ(fitted_name("a longer one, number 17", 15), "a longer \u2026er 17");
}

TEST(Terminal, ItsWidthComesFromItselfOrTheEnvironmentOrIsEighty) {
  const Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!terminal.valid()) GTEST_SKIP() << "no terminals here";
  winsize size{};
  size.ws_col = 33;
  ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);
  EXPECT_EQ(terminal_width(terminal.get()), 33U);
  const char* before = std::getenv("COLUMNS");
  const std::string kept = before ? before : "";
  for (const auto& [columns, width] : std::vector<std::pair<const char*, std::size_t>>{
           {"51", 51}, {"0", 80}, {"-3", 80}, {"wide", 80}, {"1e99", 80}}) {
    ::setenv("COLUMNS", columns, 1);
    EXPECT_EQ(terminal_width(-1), width) << columns;
  }
  before ? ::setenv("COLUMNS", kept.c_str(), 1) : ::unsetenv("COLUMNS");
}

TEST(Text, AListEndsAfterTen) {
  Cells names(12, "x");
  EXPECT_EQ(quoted_list({"a", "b"}), "'a', 'b'");
  EXPECT_TRUE(quoted_list(names).ends_with("'x' and 2 more"));
  EXPECT_EQ(quoted_list(names).size(), 10 * 3 + 9 * 2 + std::string(" and 2 more").size());
}

// ---- The life of a folder ----

class Folder : public ResultsTest {
 protected:
  fs::path folder() const { return dir_ / "a" / "run"; }
  void write_tables() const {
    for (const char* name : {results_name::runs, results_name::summary})
      write_file(folder() / name, "a\n1\n");
  }
  const std::string resolved_ = R"({ "innate": 1, "name": "x", "genome": { "genes": [26, 7] } })"
                                "\n";
};

TEST_F(Folder, FromAbsentToFinished) {
  EXPECT_EQ(inspect(folder()), FolderState::absent);
  {
    const ResultsFolder run(folder());
    EXPECT_EQ(inspect(folder()), FolderState::empty);
    run.begin({{"version", "1"}}, resolved_);
    EXPECT_EQ(read_file(folder() / "experiment.json"), resolved_);
    EXPECT_EQ(inspect(folder()), FolderState::unfinished);
    write_file(run.checkpoint("state"), "bits");
    write_tables();
    EXPECT_EQ(inspect(folder()), FolderState::unfinished);
  }
  const ResultsFolder again(folder());
  EXPECT_EQ(read_file(again.checkpoint("state")), "bits");
  again.begin({{"version", "1"}}, "{}");  // the same, in other words
  EXPECT_EQ(read_file(folder() / "experiment.json"), "{}");
  again.finish({{"version", "1"}});
  EXPECT_EQ(inspect(folder()), FolderState::finished);
  EXPECT_FALSE(fs::exists(folder() / "checkpoint"));
  EXPECT_EQ(nlohmann::json::parse(read_file(folder() / "provenance.json")),
            (nlohmann::json{{"version", "1"}, {"finished", true}}));
}

TEST_F(Folder, NothingButOurFilesIsLeft) {
  { ResultsFolder(folder()).begin({}, resolved_); }
  EXPECT_EQ(names(folder()), (Cells{"experiment.json", "provenance.json"}));
}

TEST_F(Folder, FinishedNeedsTheTablesAndASoundMark) {
  {
    const ResultsFolder run(folder());
    run.begin({}, resolved_);
    run.finish({});
  }
  EXPECT_EQ(inspect(folder()), FolderState::unfinished);
  write_tables();
  EXPECT_EQ(inspect(folder()), FolderState::finished);
  for (const char* text : {"", "{", "[]", "{}", R"({"finished": 1})", R"({"finished": false})"}) {
    write_file(folder() / "provenance.json", text);
    EXPECT_EQ(inspect(folder()), FolderState::unfinished) << text;
  }
}

TEST_F(Folder, WhatAKillBeforeTheFirstFileLeavesCountsAsEmptyAndIsCleaned) {
  fs::create_directories(folder());
  EXPECT_EQ(inspect(folder()), FolderState::empty);
  write_file(folder() / ".tmp-9-9", "half");
  write_file(folder() / ".lock", "1\n");
  EXPECT_EQ(inspect(folder()), FolderState::empty);
  const ResultsFolder run(folder());
  EXPECT_FALSE(fs::exists(folder() / ".tmp-9-9"));
}

TEST_F(Folder, AFolderOfSomethingElseIsNeverTouched) {
  write_file(dir_ / "thesis.tex", "x");
  for (const bool locked : {false, true})
    expect_parts(message([&] { locked ? void(ResultsFolder(dir_)) : void(inspect(dir_)); }),
                 {"'thesis.tex'", "no experiment.json", "choose another"});
  EXPECT_EQ(names(), Cells{"thesis.tex"});
  expect_parts(message([&] { inspect(dir_ / "thesis.tex"); }), {"is a file, not a folder"});
  write_file(dir_ / "experiment.json", "not JSON");
  expect_parts(message([&] { inspect(dir_); }), {"is not a JSON object"});
}

TEST_F(Folder, CannotBeCreatedBelowAFile) {
  write_file(dir_ / "a", "x");
  expect_parts(message([&] { create_folder(folder()); }),
               {"cannot create the folder", "is a file, not a folder"});
  expect_parts(message([&] { create_folder(dir_ / "a"); }), {"cannot create the folder"});
}

TEST_F(Folder, CannotBeCreatedWithoutPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "permissions do not bind root";
  fs::permissions(dir_, fs::perms::owner_read | fs::perms::owner_exec);
  const std::string text = message([&] { create_folder(folder()); });
  fs::permissions(dir_, fs::perms::owner_all);
  expect_parts(text, {"cannot create the folder: Permission denied", "that you may write to"});
}

TEST_F(Folder, ASecondProcessIsToldWhoHoldsIt) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const ResultsFolder run(folder());
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_parts(message([&] { ResultsFolder{folder()}; }),
               {folder().string(), "pid " + std::to_string(child), "choose another folder"});
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_NO_THROW(ResultsFolder{folder()});  // its lock died with it
}

TEST_F(Folder, TheLockIsFreeAfterwardsAndHeldWithinOneProcess) {
  {
    const ResultsFolder run(folder());
    expect_parts(message([&] { ResultsFolder{folder()}; }), {"pid " + std::to_string(::getpid())});
    EXPECT_TRUE(fs::exists(folder() / ".lock"));
  }
  EXPECT_FALSE(fs::exists(folder() / ".lock"));
  EXPECT_NO_THROW(ResultsFolder{folder()});
}

}  // namespace
}  // namespace innate::host
