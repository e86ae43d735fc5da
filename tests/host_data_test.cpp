// Reading labelled image sets: every format, every kind of damage, the search path, the known sets,
// restriction.
#include <gtest/gtest.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "host/data/data_error.h"
#include "host/data/file_kind.h"
#include "host/data/find_sets.h"
#include "host/data/idx.h"
#include "host/data/load.h"
#include "host/data/sha256.h"
#include "tests/support/messages.h"
#include "tests/support/packed.h"
#include "tests/support/temporary_folder.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;
using test::expect_parts;
using test::gzip;
using test::xz;
using Bytes = std::vector<std::uint8_t>;

const std::string train_images = "train-images-idx3-ubyte", train_labels = "train-labels-idx1-ubyte";
const std::string test_images = "t10k-images-idx3-ubyte", test_labels = "t10k-labels-idx1-ubyte";

// ---- Files to read ----

Bytes idx(std::uint32_t magic, const std::vector<std::uint32_t>& extents, const Bytes& values) {
  Bytes bytes;
  std::vector<std::uint32_t> words = {magic};
  words.insert(words.end(), extents.begin(), extents.end());
  for (const std::uint32_t word : words)
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(word >> shift));
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

Bytes pattern(std::size_t size, int factor) {
  Bytes values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<std::uint8_t>(i * factor + i / 256 + 1);
  return values;
}

Bytes labels_of(std::size_t count, int classes) {
  Bytes labels(count);
  for (std::size_t i = 0; i < count; ++i) labels[i] = static_cast<std::uint8_t>(i % classes);
  return labels;
}

Bytes idx_images(std::uint32_t count, std::uint32_t height, std::uint32_t width) {
  return idx(0x803, {count, height, width}, pattern(std::size_t{count} * height * width, 37));
}
Bytes idx_labels(std::uint32_t count, int classes) { return idx(0x801, {count}, labels_of(count, classes)); }

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void write(const fs::path& file, const Bytes& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.good()) << file;
}

// A sound set: 6 training and 4 test images of 7 x 13 pixels, 3 classes.
void write_set(const fs::path& folder) {
  write(folder / train_images, idx_images(6, 7, 13));
  write(folder / train_labels, idx_labels(6, 3));
  write(folder / test_images, idx_images(4, 7, 13));
  write(folder / test_labels, idx_labels(4, 3));
}

// Sets an environment variable, or unsets it where `value` is null, until the end of the block.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, was_set_ = true;
    put(value);
  }
  ~Environment() { put(was_set_ ? old_.c_str() : nullptr); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void put(const char* value) { value ? setenv(name_, value, 1) : unsetenv(name_); }

  const char* name_;
  std::string old_;
  bool was_set_ = false;
};

class HostData : public testing::Test {
 protected:
  std::string load_message(const std::string& name) {
    return test::error_of<DataError>([&] { load(name, {root_}); });
  }
  // `bytes` as an image file called `name`: what reading it says.
  std::string images_message(const std::string& name, const Bytes& bytes) {
    write(root_ / name, bytes);
    return test::error_of<DataError>([&] { read_idx_images(root_ / name); });
  }
  std::string labels_message(const std::string& name, const Bytes& bytes) {
    write(root_ / name, bytes);
    return test::error_of<DataError>([&] { read_idx_labels(root_ / name); });
  }
  std::string full(const std::string& name) const { return (root_ / name).string() + ": found "; }

  const test::TemporaryFolder temporary_;
  const fs::path root_ = temporary_.path();
};

// ---- Formats ----

struct Packing {
  const char* suffix;
  Bytes (*pack)(const Bytes&);
};

class HostDataFormat : public HostData, public testing::WithParamInterface<Packing> {};

TEST_P(HostDataFormat, ReadsBackWhatWasWritten) {
  const auto [suffix, pack] = GetParam();
  for (const auto& [count, height, width] : std::vector<std::array<std::uint32_t, 3>>{
           {1, 1, 1}, {3, 1, 1}, {5, 7, 13}, {2, 1, 31}, {2, 31, 1}, {1711, 29, 31}}) {
    const fs::path folder = root_ / "odd";
    write(folder / (train_images + suffix), pack(idx_images(count, height, width)));
    write(folder / (train_labels + suffix), pack(idx_labels(count, 3)));
    write(folder / (test_images + suffix), pack(idx_images(1, height, width)));
    write(folder / (test_labels + suffix), pack(idx(0x801, {1}, {200})));
    const engine::DatasetPair pair = load("odd", {root_});
    EXPECT_EQ(pair.train.name, "odd train");
    EXPECT_EQ(pair.test.name, "odd test");
    EXPECT_EQ(pair.train.count, static_cast<int>(count));
    EXPECT_EQ(pair.train.height, static_cast<int>(height));
    EXPECT_EQ(pair.train.width, static_cast<int>(width));
    EXPECT_EQ(pair.train.classes, 201);
    EXPECT_EQ(pair.test.classes, 201);
    EXPECT_EQ(pair.test.count, 1);
    EXPECT_EQ(pair.train.images, pattern(std::size_t{count} * height * width, 37));
    EXPECT_EQ(pair.train.labels, labels_of(count, 3));
    EXPECT_EQ(pair.test.labels, Bytes{200});
  }
}

TEST_P(HostDataFormat, EveryTruncationIsRefused) {
  const auto [suffix, pack] = GetParam();
  const std::string name = std::string("cut") + suffix;
  const Bytes whole = pack(idx_images(2, 3, 5));
  for (std::size_t size = 0; size < whole.size(); ++size)
    expect_parts(images_message(name, Bytes(whole.begin(), whole.begin() + size)), {full(name), "expected"});
  EXPECT_EQ(images_message(name, whole), "no error");
}

INSTANTIATE_TEST_SUITE_P(Formats, HostDataFormat,
                         testing::Values(Packing{"", [](const Bytes& bytes) { return bytes; }},
                                         Packing{".gz", gzip},
                                         Packing{".xz", [](const Bytes& bytes) { return xz(bytes); }}),
                         [](const auto& test) {
                           const std::string suffix = test.param.suffix;
                           return suffix.empty() ? "plain" : suffix.substr(1);
                         });

// Whatever bit flips, the values are right or the file is refused.
template <class Pack>
void expect_no_flip_passes(const fs::path& file, Pack pack) {
  const Bytes values = pattern(2 * 3 * 5, 37);
  Bytes packed = pack(idx_images(2, 3, 5));
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * packed.size(); ++bit) {
    packed[bit / 8] ^= 1 << bit % 8;
    write(file, packed);
    try {
      EXPECT_EQ(read_idx_images(file).values, values) << "bit " << bit;
    } catch (const DataError&) {
      ++refused;
    }
    packed[bit / 8] ^= 1 << bit % 8;
  }
  EXPECT_GT(refused, static_cast<int>(4 * packed.size()));
}

TEST_F(HostData, NoFlippedBitPassesGzip) { expect_no_flip_passes(root_ / "a.gz", gzip); }
TEST_F(HostData, NoFlippedBitPassesXz) {
  expect_no_flip_passes(root_ / "a.xz", [](const Bytes& bytes) { return xz(bytes); });
}

TEST_F(HostData, GzipChecksumIsNamed) {
  Bytes packed = gzip(idx_images(2, 3, 5));
  packed[packed.size() - 8] ^= 1;  // the CRC
  expect_parts(images_message("a.gz", packed), {full("a.gz"), "damaged gzip data (incorrect data check)"});
}

TEST_F(HostData, GzipTruncationIsNamed) {
  Bytes packed = gzip(idx_images(20, 30, 50));
  packed.resize(packed.size() / 2);
  expect_parts(images_message("a.gz", packed), {full("a.gz"), "cut off (truncated)", "a complete gzip file"});
}

TEST_F(HostData, GzipMembersAreJoined) {
  const Bytes whole = idx_images(2, 3, 5);
  const Bytes head(whole.begin(), whole.begin() + 21), tail(whole.begin() + 21, whole.end());
  write(root_ / "a.gz", gzip(head) + gzip(tail));
  EXPECT_EQ(read_idx_images(root_ / "a.gz").values, pattern(30, 37));
}

TEST_F(HostData, PlainBytesUnderGzNameAreRefused) {
  expect_parts(images_message("a.gz", idx_images(2, 3, 5)),
               {full("a.gz"), "0x00000803", "1f 8b", "take .gz off its name"});
}

TEST_F(HostData, XzDamageIsNamed) {
  const Bytes packed = xz(idx_images(20, 30, 50));
  Bytes flipped = packed;
  flipped[packed.size() / 2] ^= 16;
  expect_parts(images_message("a.xz", flipped), {full("a.xz"), "damaged xz data"});
  expect_parts(images_message("b.xz", Bytes(packed.begin(), packed.end() - 100)),
               {full("b.xz"), "cut off (truncated)"});
  expect_parts(images_message("c.xz", packed + Bytes(12, 1)),
               {full("c.xz"), "damaged xz data", "nothing after it"});
  expect_parts(images_message("d.xz", idx_images(2, 3, 5)),
               {full("d.xz"), "0x00000803", "take .xz off its name"});
}

TEST_F(HostData, XzWithoutChecksumIsRefused) {
  expect_parts(images_message("a.xz", xz(idx_images(2, 3, 5), LZMA_CHECK_NONE)),
               {full("a.xz"), "without a checksum"});
}

// ---- Headers and sizes ----

TEST_F(HostData, WrongMagicIsExplained) {
  const auto message = [&](std::uint32_t magic) { return images_message("a", idx(magic, {1, 1, 1}, {1})); };
  expect_parts(message(0x801),
               {full("a"), "0x00000801 (IDX: unsigned bytes, 1 dimension: labels)", "0x00000803"});
  expect_parts(message(0x0d02), {"0x00000d02 (IDX: 32-bit floats, 2 dimensions)"});
  expect_parts(message(0x03080000), {"in reverse order", "0x00000803", "big-endian"});
  expect_parts(message(0x0803 + (1 << 16)), {"no kind that innate knows (they begin with 00 01 08 03 "});
  expect_parts(images_message("b", gzip(idx_images(1, 1, 1))), {"gzip data", "its name should end in .gz"});
  expect_parts(images_message("c", xz(idx_images(1, 1, 1))), {"xz data", "its name should end in .xz"});
  expect_parts(labels_message("d", idx_images(1, 1, 1)),
               {full("d"), "0x00000803", "3 dimensions: images", "0x00000801"});
}

TEST_F(HostData, DataPackedTwiceIsExplained) {
  expect_parts(images_message("a.gz", gzip(gzip(idx_images(1, 1, 1)))),
               {full("a.gz"), "gzip data once more", "unpack it once"});
  expect_parts(images_message("b.gz", gzip(Bytes(500, '<'))), {full("b.gz"), "found text (\"<<<"});
}

/// `text` at byte `at`, behind zeros, with as much behind it as tells it apart from a cut file.
FileKind kind_with(const std::string& text, std::size_t at = 0) {
  Bytes bytes(at);
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.resize(bytes.size() + 40, 0x81);
  return kind_of(bytes);
}

TEST(HostDataKind, FirstBytesSayWhatAFileIs) {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"\x1f\x8b\x08", "gzip data"},
      {"\xfd\x37zXZ\0"s, "xz data"},
      {"BZh9", "bzip2 data"},
      {"PK\3\4\x14", "a zip archive"},
      {"PK\3\4" + std::string(26, 'x') + "x_train.npy", "a NumPy archive (.npz)"},
      {"PK\3\4" + std::string(26, 'x') + "archive/data.pkl", "a PyTorch file (.pt)"},
      {"\x93NUMPY\1", "a NumPy array (.npy)"},
      {"\x80\2}q", "a Python pickle"},
      {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
      {"MATLAB 5.0 MAT-file, ", "a MATLAB file (.mat)"},
      {"PAR1", "a Parquet file"},
      {"\x89PNG\r\n\x1a\n", "a PNG picture"},
      {"\xff\xd8\xff\xe0", "a JPEG picture"},
      {"%PDF-1.5", "a PDF document"},
      {"\x7f\x45LF", "a program or library (ELF)"},
      {"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer in place of the file"},
      {"\xff\xfe{\0"s, "UTF-16 text"},
      {"\xfe\xff\0{"s, "UTF-16 text"},
      {"{\0 \0\"\0i\0"s, "UTF-16 text"},
      {"\0{\0 \0\"\0i"s, "UTF-16 text"},
      {"\xff\xfe\0\0{\0\0\0"s, "UTF-32 text"},
      {"{\0\0\0\"\0\0\0"s, "UTF-32 text"},
      {"\0\0\x0d\2"s, "the magic number 0x00000d02 (IDX: 32-bit floats, 2 dimensions)"},
      {"\1\x08\0\0"s,
       "IDX with its bytes in reverse order (0x00000801 (IDX: unsigned bytes, 1 dimension: labels))"},
  };
  for (const auto& [text, what] : kinds) EXPECT_EQ(kind_with(text).what, what);
  EXPECT_EQ(kind_with("ustar", 257).what, "a tar archive");
  EXPECT_EQ(kind_with("\x12\x34").what,
            "bytes of no kind that innate knows (they begin with 12 34 81 81 81 81 81 81)");
  EXPECT_EQ(kind_of({}).what, "no bytes");
}

TEST(HostDataKind, TextIsToldApart) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"<!DOCTYPE html><html>", "an HTML page"},
      {"\xef\xbb\xbf\r\n <HTML lang=en>", "an HTML page"},
      {"<?xml version=\"1.0\"?><Error>", "XML"},
      {"<Error><Code>AccessDenied", "XML"},
      {" {\"error\": 404}", "JSON"},
      {"label,1x1,1x2\n5,0,0\n", "text (\"label,1x1,1x2...\")"},
      {"404", "text (\"404\")"},
  };
  for (const auto& [text, what] : kinds) EXPECT_EQ(kind_of(Bytes(text.begin(), text.end())).what, what);
}

TEST_F(HostData, WrongByteCountsAreNamed) {
  const Bytes values = pattern(2 * 3 * 5, 37);
  const auto message = [&](std::uint32_t count) {
    return images_message("a", idx(0x803, {count, 3, 5}, values));
  };
  expect_parts(message(3),
               {full("a"), "found 30 bytes after the header", "expected 45 (3 x 3 x 5 in the header)"});
  expect_parts(message(1),
               {full("a"), "found 30 bytes after the header", "expected 15 (1 x 3 x 5 in the header)"});
  expect_parts(images_message("b.gz", gzip(idx(0x803, {3, 3, 5}, values))),
               {full("b.gz"), "30 bytes", "expected 45"});
  expect_parts(labels_message("c", idx(0x801, {4}, {1, 2, 3})), {full("c"), "found 3 bytes", "expected 4"});
}

TEST_F(HostData, SurplusIsCountedToItsEnd) {
  expect_parts(images_message("a.xz", xz(idx(0x803, {1, 3, 5}, Bytes(5 << 20)))),
               {"found 5242880 bytes", "expected 15"});
}

TEST_F(HostData, ShortHeadersAreNamed) {
  expect_parts(images_message("a", {0, 0, 8}), {full("a"), "found 3 bytes", "an IDX header of 16 bytes"});
  expect_parts(images_message("b", idx(0x803, {1, 1}, {})),
               {full("b"), "found 12 bytes", "header of 16 bytes"});
  expect_parts(labels_message("c", idx(0x801, {}, {})), {full("c"), "found 4 bytes", "header of 8 bytes"});
  expect_parts(images_message("d.gz", gzip({})), {full("d.gz"), "found 0 bytes", "header of 16 bytes"});
}

TEST_F(HostData, ImpossibleExtentsAreRefused) {
  const auto message = [&](const std::vector<std::uint32_t>& extents) {
    return images_message("a", idx(0x803, extents, {1, 2, 3}));
  };
  expect_parts(message({0, 3, 5}),
               {full("a"), "found extent 0 in the header (dimension 1)", "1 to 2147483647"});
  expect_parts(message({2, 0, 5}), {"extent 0", "(dimension 2)"});
  expect_parts(message({2, 3, 0}), {"extent 0", "(dimension 3)"});
  expect_parts(message({4294967295u, 1, 1}), {"found extent 4294967295", "1 to 2147483647"});
  expect_parts(message({1, 65536, 65536}), {"65536 x 65536 pixels", "at most 2147483647 pixels"});
  expect_parts(labels_message("b", idx(0x801, {0}, {})), {full("b"), "extent 0"});
}

// 2^62 bytes if the header were believed; the count that is found shows that the file was read instead.
TEST_F(HostData, ClaimOfBillionsOfImagesCostsNothing) {
  const Bytes bytes = idx(0x803, {2147483647u, 46340, 46340}, {1, 2, 3});
  expect_parts(images_message("a", bytes), {"found 3 bytes", "expected 4611496934639753200"});
  expect_parts(images_message("b.gz", gzip(bytes)), {"found 3 bytes", "expected 4611496934639753200"});
  expect_parts(images_message("c.xz", xz(bytes)), {"found 3 bytes", "expected 4611496934639753200"});
}

// ---- Files that are none ----

TEST_F(HostData, EmptyFileIsRefused) {
  for (const std::string name : {"a", "a.gz", "a.xz"})
    expect_parts(images_message(name, {}), {full(name), "an empty file (0 bytes)"});
}

TEST_F(HostData, DirectoryInsteadOfFileIsRefused) {
  write_set(root_ / "odd");
  fs::remove(root_ / "odd" / test_images);
  fs::create_directory(root_ / "odd" / test_images);
  expect_parts(load_message("odd"), {full("odd/" + test_images), "a directory", "expected a file"});
  expect_parts(test::error_of<DataError>([&] { read_idx_images(root_ / "none"); }),
               {full("none"), "nothing, expected a file"});
}

TEST_F(HostData, WhatIsNoFileIsNamed) {
  write_set(root_ / "odd");
  const fs::path file = root_ / "odd" / train_labels;
  fs::remove(file);
  fs::create_symlink("elsewhere/labels", file);
  expect_parts(load_message("odd"),
               {full("odd/" + train_labels), "a link to elsewhere/labels, which is not there"});
  fs::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  expect_parts(load_message("odd"), {full("odd/" + train_labels), "a pipe, expected a file"});
  expect_parts(test::error_of<DataError>([&] { data_path({file.string()}); }),
               {"found a pipe, expected a directory"});
}

TEST_F(HostData, UnreadableFileIsRefused) {
  if (geteuid() == 0) GTEST_SKIP() << "root can read every file";
  for (const std::string name : {"a", "a.gz", "a.xz"}) {
    write(root_ / name, idx_images(1, 1, 1));
    fs::permissions(root_ / name, fs::perms::none);
    expect_parts(test::error_of<DataError>([&] { read_idx_images(root_ / name); }),
                 {full(name), "Permission denied", "permissions"});
  }
}

TEST_F(HostData, UnreadableFolderIsNotPassedOver) {
  if (geteuid() == 0) GTEST_SKIP() << "root can read every folder";
  write_set(root_ / "behind/odd");
  fs::create_directories(root_ / "front/odd");
  EXPECT_EQ(load("odd", {root_ / "front", root_ / "behind"}).test.count, 4);
  fs::permissions(root_ / "front/odd", fs::perms::none);
  expect_parts(test::error_of<DataError>([&] {
                 load("odd", {root_ / "front", root_ / "behind"});
               }),
               {full("front/odd"), "cannot be read (Permission denied)", "change its permissions"});
  EXPECT_EQ(load("odd", {root_ / "behind", root_ / "front"}).test.count, 4);
}

// ---- Sets ----

TEST_F(HostData, LabelCountMustMatch) {
  write_set(root_ / "odd");
  write(root_ / "odd" / test_labels, idx_labels(5, 3));
  expect_parts(load_message("odd"),
               {full("odd/" + test_labels), "found 5 labels", "expected 4", "odd/" + test_images});
}

TEST_F(HostData, BothHalvesMustHaveOneSize) {
  write_set(root_ / "odd");
  write(root_ / "odd" / test_images, idx_images(4, 13, 7));
  expect_parts(load_message("odd"),
               {full("odd/" + test_images), "13 x 7", "expected 7 x 13", "odd/" + train_images});
}

TEST_F(HostData, IncompleteSetNamesWhatIsMissing) {
  write_set(root_ / "odd");
  fs::remove(root_ / "odd" / train_labels);
  fs::remove(root_ / "odd" / test_labels);
  expect_parts(load_message("odd"),
               {full("odd"), "lacks " + train_labels + ", " + test_labels, "four files"});
}

TEST_F(HostData, FilesMayBearTheNamesOfOtherPublishers) {
  const fs::path folder = root_ / "emnist-letters";
  write_set(folder);
  const auto rename = [&](const std::string& from, const std::string& to) {
    fs::rename(folder / from, folder / to);
  };
  rename(train_images, "emnist-letters-train-images-idx3-ubyte");
  rename(train_labels, "emnist-letters-train-labels-idx1-ubyte");
  rename(test_images, "emnist-letters-test-images-idx3-ubyte");
  write(folder / "emnist-letters-test-labels-idx1-ubyte.gz", gzip(idx_labels(4, 3)));
  fs::remove(folder / test_labels);
  write(folder / "emnist-digits-train-images-idx3-ubyte", idx_images(9, 9, 9));  // another set's
  std::vector<fs::path> files;
  EXPECT_EQ(load("emnist-letters", {root_}, &files).train.images, pattern(6 * 7 * 13, 37));
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(files[3], folder / "emnist-letters-test-labels-idx1-ubyte.gz");
  write_set(root_ / "dots");
  for (const std::string& name : {train_images, train_labels, test_images, test_labels})
    fs::rename(root_ / "dots" / name,
               root_ / "dots" / (name.substr(0, name.find("-idx")) + "." + name.substr(name.find("idx"))));
  EXPECT_EQ(load("dots", {root_}).test.count, 4);
  fs::rename(folder, root_ / "letters");
  expect_parts(load_message("letters"),
               {(root_ / "letters").string() + " (holds emnist-digits-train-images-idx3-ubyte, ",
                "they are the set 'emnist-", "give the folder that name"});
}

TEST_F(HostData, PlainComesBeforeGzAndGzBeforeXz) {
  write_set(root_ / "odd");
  const fs::path plain = root_ / "odd" / train_labels;
  write(plain.string() + ".xz", xz(idx(0x801, {6}, Bytes(6, 100))));
  write(plain.string() + ".gz", gzip(idx(0x801, {6}, Bytes(6, 50))));
  EXPECT_EQ(load("odd", {root_}).train.classes, 3);
  fs::remove(plain);
  EXPECT_EQ(load("odd", {root_}).train.classes, 51);
  fs::remove(plain.string() + ".gz");
  EXPECT_EQ(load("odd", {root_}).train.classes, 101);
}

TEST_F(HostData, FirstDirectoryOnThePathWins) {
  write_set(root_ / "a/odd");
  write_set(root_ / "b/odd");
  write(root_ / "b/odd" / train_labels, idx(0x801, {6}, Bytes(6, 50)));
  fs::create_directories(root_ / "empty/odd");
  EXPECT_EQ(load("odd", {root_ / "none", root_ / "empty", root_ / "a", root_ / "b"}).train.classes, 3);
  EXPECT_EQ(load("odd", {root_ / "b", root_ / "a"}).train.classes, 51);
  fs::remove(root_ / "a/odd" / train_labels);  // no silent change to the one behind it
  expect_parts(test::error_of<DataError>([&] {
                 load("odd", {root_ / "a", root_ / "b"});
               }),
               {full("a/odd"), train_labels});
}

TEST_F(HostData, DirectoryOfThePathMayItselfBeTheSet) {
  write_set(root_ / "odd");
  EXPECT_EQ(load("odd", {root_ / "odd"}).train.count, 6);
  EXPECT_EQ(load("odd", {root_.string() + "/odd/"}).train.count, 6);
  EXPECT_EQ(load("odd", data_path({root_.string() + "/./odd//"})).train.count, 6);
  EXPECT_EQ(find_sets({root_ / "odd"}).size(), 1u);
}

TEST_F(HostData, DataPathKeepsItsOrder) {
  const std::string a = root_ / "a", b = root_ / "b", c = root_ / "c";
  fs::create_directories(a);
  fs::create_directories(b);
  const Environment home("HOME", "/home/someone"), xdg("XDG_DATA_HOME", nullptr);
  const Environment data("INNATE_DATA", (":" + c + "::" + a + ":").c_str());
  using Path = std::vector<fs::path>;
  EXPECT_EQ(data_path({b, a + "/"}),
            (Path{b, a, c, "/home/someone/.local/share/innate", "/usr/share/datasets"}));
  EXPECT_EQ(data_path({}), (Path{c, a, "/home/someone/.local/share/innate", "/usr/share/datasets"}));
}

TEST_F(HostData, UserDirectoryFollowsTheEnvironment) {
  const Environment home("HOME", "/home/someone");
  {
    const Environment xdg("XDG_DATA_HOME", "/elsewhere");
    EXPECT_EQ(user_data_directory(), "/elsewhere/innate");
  }
  const Environment xdg("XDG_DATA_HOME", "relative");
  EXPECT_EQ(user_data_directory(), "/home/someone/.local/share/innate");
  const Environment no_home("HOME", nullptr), no_data("INNATE_DATA", nullptr);
  EXPECT_EQ(user_data_directory(), "");
  EXPECT_EQ(data_path({}), std::vector<fs::path>{"/usr/share/datasets"});
}

TEST_F(HostData, WrongDataOptionIsRefused) {
  expect_parts(test::error_of<DataError>([&] { data_path({root_ / "none"}); }),
               {full("none"), "nothing, expected a directory", "correct --data"});
  write(root_ / "file", {1});
  expect_parts(test::error_of<DataError>([&] { data_path({root_ / "file"}); }),
               {full("file"), "a file", "expected a directory"});
}

TEST_F(HostData, FindSetsListsEachOnce) {
  write_set(root_ / "a/one");
  write_set(root_ / "a/two");
  fs::remove(root_ / "a/two" / test_images);
  write_set(root_ / "b/one");
  write_set(root_ / "b/three");
  write(root_ / "b/other/notes", {1});
  const std::vector<FoundSet> sets = find_sets({root_ / "a", root_ / "none", root_ / "b"});
  ASSERT_EQ(sets.size(), 3u);
  EXPECT_EQ(sets[0].name, "one");
  EXPECT_EQ(sets[0].folder, root_ / "a/one");
  EXPECT_TRUE(sets[0].complete());
  EXPECT_EQ(sets[1].name, "three");
  EXPECT_EQ(sets[2].name, "two");
  EXPECT_FALSE(sets[2].complete());
  EXPECT_EQ(sets[2].missing, std::vector<std::string>{test_images});
  EXPECT_EQ(sets[2].files[2], "");
}

// ---- Sets that are nowhere ----

TEST_F(HostData, MissingKnownSetSaysHowToGetIt) {
  const Environment xdg("XDG_DATA_HOME", "/elsewhere");
  const std::vector<fs::path> path = {root_, root_ / "none"};
  expect_parts(test::error_of<DataError>([&] { load("mnist", path); }),
               {"No data set 'mnist'", (root_ / "mnist").string(), (root_ / "none/mnist").string(),
                "is no directory", train_images, train_labels, test_images, test_labels,
                "/elsewhere/innate/mnist/", "--data", "INNATE_DATA", "innate data fetch mnist"});
  expect_parts(test::error_of<DataError>([&] { load("fashion-mnist", path); }),
               {(root_ / "fashion-mnist").string(), "innate data fetch fashion-mnist",
                "apt-get install dataset-fashion-mnist"});
}

TEST_F(HostData, FoldersWithoutASetSayWhatTheyHold) {
  fs::create_directories(root_ / "bare");
  expect_parts(load_message("bare"), {(root_ / "bare").string() + " (is empty)"});
  for (const char* name : {"h.png", "a.csv", "b.csv", "c.csv", "d.csv", "e.csv", "f.csv", "g.csv"})
    write(root_ / "mnist" / name, {1});
  expect_parts(
      load_message("mnist"),
      {"(holds a.csv, b.csv, c.csv, d.csv, e.csv, f.csv and 2 more: nothing of the set)", train_images});
  write_set(root_ / "deep/MNIST/raw");
  expect_parts(load_message("deep"), {"(holds MNIST/: nothing of the set; move the files of " +
                                      (root_ / "deep/MNIST/raw").string() + " up into it)"});
  fs::create_symlink("gone", root_ / "linked");
  expect_parts(load_message("linked"), {"/linked (a link to gone, which is not there)"});
  write(root_ / "plain", {1});
  expect_parts(load_message("plain"), {"/plain (a file)"});
}

TEST_F(HostData, UnknownNameGetsAGuess) {
  write_set(root_ / "kuzushiji");
  expect_parts(load_message("kuzushji"),
               {"No data set 'kuzushji'", "Did you mean 'kuzushiji'?", "found: kuzushiji"});
  expect_parts(load_message("minst"), {"Did you mean 'mnist'?"});
  EXPECT_EQ(load_message("something-else").find("Did you mean"), std::string::npos);
}

TEST_F(HostData, NamesAreFolderNames) {
  for (const std::string name : {"", ".", "..", "a/b", "/etc"})
    expect_parts(load_message(name), {"'" + name + "'", "the name of a folder"});
}

// ---- Known sets ----

TEST_F(HostData, Sha256) {  // FIPS 180-2, appendix B.1, in two parts
  const Bytes a = {'a'}, bc = {'b', 'c'};
  EXPECT_EQ(sha256({a, bc}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(HostData, DigestTellsSetsApart) {
  engine::DatasetPair pair;
  for (engine::Dataset* half : {&pair.train, &pair.test})
    *half = {"a half", 2, 1, 3, 1, 4, {1, 2, 3, 4, 5, 6}, {0, 3}};
  const std::string digest_before = digest(pair);
  const std::string half("2 1 x 3 4\n\1\2\3\4\5\6\0\3", 18), both = half + half;
  EXPECT_EQ(digest_before, sha256({Bytes(both.begin(), both.end())}));
  pair.train.name = "another name";
  EXPECT_EQ(digest(pair), digest_before);
  const auto changes = [&](auto& place, auto value) {
    const auto before = std::exchange(place, value);
    EXPECT_NE(digest(pair), digest_before);
    place = before;
  };
  changes(pair.train.labels[1], std::uint8_t{2});
  changes(pair.test.labels[0], std::uint8_t{1});
  changes(pair.test.images[5], std::uint8_t{7});
  changes(pair.train.classes, 5);
  EXPECT_EQ(digest(pair), digest_before);
}

TEST_F(HostData, KnownSetWithOtherContentsIsRefused) {
  write_set(root_ / "mnist");
  const std::string found = sha256({idx_images(6, 7, 13)});
  expect_parts(load_message("mnist"), {full("mnist/" + train_images), found, "as published for mnist",
                                       "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"});
}

std::vector<int> per_class(const engine::Dataset& set) {
  std::vector<int> counts(set.classes);
  for (const int label : set.labels) ++counts[label];
  return counts;
}

double mean(const engine::Dataset& set) {
  return std::accumulate(set.images.begin(), set.images.end(), 0.0) / (255.0 * set.images.size());
}

void expect_28x28(const engine::DatasetPair& pair) {
  EXPECT_EQ(pair.train.count, 60000);
  EXPECT_EQ(pair.test.count, 10000);
  for (const engine::Dataset* set : {&pair.train, &pair.test}) {
    EXPECT_EQ(set->height, 28);
    EXPECT_EQ(set->width, 28);
    EXPECT_EQ(set->classes, 10);
    EXPECT_EQ(set->images.size(), std::size_t{784} * set->count);
  }
}

TEST(HostDataReal, FashionMnist) {
  const auto path = data_path({});
  if (!find_set("fashion-mnist", path))
    GTEST_SKIP() << "Fashion-MNIST is not installed (dataset-fashion-mnist)";
  const engine::DatasetPair pair = load("fashion-mnist", path);
  expect_28x28(pair);
  EXPECT_EQ(per_class(pair.train), std::vector<int>(10, 6000));
  EXPECT_EQ(per_class(pair.test), std::vector<int>(10, 1000));
  EXPECT_NEAR(mean(pair.train), 0.2860, 5e-5);
  EXPECT_NEAR(mean(pair.test), 0.2868, 5e-5);
}

TEST(HostDataReal, Mnist) {
  const auto path = data_path({});
  if (!find_set("mnist", path))
    GTEST_SKIP() << "MNIST is not there (set INNATE_DATA to a folder that has mnist/)";
  const engine::DatasetPair pair = load("mnist", path);
  expect_28x28(pair);
  EXPECT_EQ(per_class(pair.train),
            (std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
  EXPECT_EQ(per_class(pair.test), (std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  EXPECT_NEAR(mean(pair.train), 0.1307, 5e-5);
  EXPECT_NEAR(mean(pair.test), 0.1325, 5e-5);
}

// ---- Restriction ----

// 30 images of 1 x 2 pixels; both pixels hold the index, the labels are 0 1 2 0 1 2 ..., class 3 has no
// image.
engine::Dataset countable() {
  engine::Dataset set{"numbers", 30, 1, 2, 1, 4, {}, labels_of(30, 3)};
  for (int i = 0; i < set.count; ++i) set.images.insert(set.images.end(), 2, static_cast<std::uint8_t>(i));
  return set;
}

std::vector<int> kept(const engine::Dataset& part) {
  std::vector<int> indices;
  for (std::size_t i = 0; i < part.images.size(); i += 2) {
    EXPECT_EQ(part.images[i], part.images[i + 1]);
    indices.push_back(part.images[i]);
  }
  return indices;
}

TEST(HostDataRestrict, NothingAskedKeepsAll) {
  const engine::Dataset set = countable(), part = restrict(set, {}, 0, 1);
  EXPECT_EQ(part.name, set.name);
  EXPECT_EQ(part.count, set.count);
  EXPECT_EQ(part.height, 1);
  EXPECT_EQ(part.width, 2);
  EXPECT_EQ(part.classes, 4);
  EXPECT_EQ(part.images, set.images);
  EXPECT_EQ(part.labels, set.labels);
}

TEST(HostDataRestrict, ClassesAreRelabelledInTheOrderGiven) {
  const engine::Dataset part = restrict(countable(), {2, 0}, 0, 1);
  EXPECT_EQ(part.classes, 2);
  EXPECT_EQ(part.count, 20);
  const std::vector<int> indices = kept(part);
  EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
  for (int i = 0; i < part.count; ++i) EXPECT_EQ(part.labels[i], indices[i] % 3 == 2 ? 0 : 1);
}

TEST(HostDataRestrict, ChoiceDependsOnTheSeedAlone) {
  const engine::Dataset set = countable();
  const std::vector<int> four = kept(restrict(set, {1}, 4, 7));
  // Computed apart from this code, so that no platform and no later version picks others.
  EXPECT_EQ(four, (std::vector<int>{1, 13, 19, 28}));
  EXPECT_EQ(four, kept(restrict(set, {1}, 4, 7)));
  EXPECT_NE(four, kept(restrict(set, {1}, 4, 8)));
  EXPECT_TRUE(std::is_sorted(four.begin(), four.end()));
  const std::vector<int> six = kept(restrict(set, {1}, 6, 7)), mixed = kept(restrict(set, {2, 1}, 4, 7));
  EXPECT_TRUE(std::includes(six.begin(), six.end(), four.begin(), four.end()));
  EXPECT_TRUE(std::includes(mixed.begin(), mixed.end(), four.begin(), four.end()));
  EXPECT_EQ(mixed.size(), 8u);
}

TEST(HostDataRestrict, EveryImageHasTheSameChance) {
  const engine::Dataset set = countable();
  std::vector<int> chosen(set.count);
  for (std::uint64_t seed = 0; seed < 4000; ++seed)
    for (const int index : kept(restrict(set, {0, 1, 2}, 3, seed))) ++chosen[index];
  for (const int times : chosen)
    EXPECT_NEAR(times, 1200, 145);  // 5 standard deviations of a binomial(4000, 0.3)
}

TEST(HostDataRestrict, WhatIsNotThereIsNamed) {
  const engine::Dataset set = countable();
  const auto message = [&](std::vector<int> classes, int per_class) {
    return test::error_of<DataError>([&] { restrict(set, classes, per_class, 1); });
  };
  expect_parts(message({0, 3}, 0),
               {"numbers", "no image of class 3", "labels go from 0 to 2", "they are [0, 1, 2]"});
  expect_parts(message({-1}, 0), {"class -1"});
  expect_parts(message({256}, 0), {"class 256"});
  expect_parts(message({1}, 11), {"numbers", "found 10 images of class 1", "at least 11"});
  expect_parts(message({}, 1), {"found no image of class 3", "at least 1 of each", "\"classes\": [0, 1, 2]"});
  expect_parts(message({1, 2, 1}, 0), {"class 1 twice"});
  expect_parts(message({}, -2), {"-2 images per class"});
  EXPECT_EQ(restrict(set, {1}, 10, 1).count, 10);
}

// ---- What is odd, and what lies across ----

engine::DatasetPair pair_of(Bytes images, Bytes train_labels, Bytes test_labels, int classes) {
  engine::DatasetPair pair;
  pair.train = {"odd train", static_cast<int>(train_labels.size()), 1, 1, 1, classes, images, train_labels};
  pair.test = {"odd test", static_cast<int>(test_labels.size()), 1, 1, 1, classes, images, test_labels};
  return pair;
}

TEST(HostDataDoubts, SoundSetsHaveNone) {
  EXPECT_EQ(doubts(pair_of({0, 2}, {0, 1}, {1}, 2)), std::vector<std::string>{});
  EXPECT_EQ(doubts(pair_of({255, 254}, {0, 1}, {0}, 2)), std::vector<std::string>{});
}

TEST(HostDataDoubts, ImagesAreBlackOrNearlySo) {
  const auto black = doubts(pair_of({0, 0}, {0, 1}, {0}, 2)), dark = doubts(pair_of({0, 1}, {0, 1}, {0}, 2));
  ASSERT_EQ(black.size(), 1u);
  expect_parts(black[0], {"odd train: all pixels of its 2 images are 0;", "255"});
  ASSERT_EQ(dark.size(), 1u);
  expect_parts(dark[0], {"odd train: all pixels of its 2 images are 0 or 1,", "pixel / 255", "multiply"});
}

TEST(HostDataDoubts, ClassesLackImages) {
  const auto letters = doubts(pair_of({0, 9}, {1, 2, 4}, {1}, 5));
  ASSERT_EQ(letters.size(), 1u);
  expect_parts(letters[0],
               {"odd train: no image has labels 0, 3 (labels go from 1 to 4)", "\"classes\": [1, 2, 4]"});
  const auto unseen = doubts(pair_of({0, 9}, {0, 1}, {0, 9}, 10));
  ASSERT_EQ(unseen.size(), 2u);
  expect_parts(unseen[0],
               {"odd test: some images have label 9, which no training image has (labels go from 0 to 1)"});
  expect_parts(unseen[1], {"no image has labels 2, 3, 4, 5, 6 and 2 more", "\"classes\": [0, 1]"});
  const auto one = doubts(pair_of({0, 9}, {3, 3}, {3}, 4));
  ASSERT_EQ(one.size(), 1u);
  expect_parts(one[0], {"odd train: all 2 images are of one class;"});
}

TEST(HostDataTranspose, RowsBecomeColumns) {
  engine::Dataset grey{"grey", 2, 2, 3, 1, 1, {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}, {0, 0}};
  transpose(&grey);
  EXPECT_EQ((std::array{grey.height, grey.width}), (std::array{3, 2}));
  EXPECT_EQ(grey.images, (Bytes{1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16}));
  engine::Dataset colour{"colour", 1, 2, 1, 3, 1, {1, 2, 3, 4, 5, 6}, {0}};
  const Bytes upright = colour.images;
  transpose(&colour);
  EXPECT_EQ((std::array{colour.height, colour.width, colour.channels}), (std::array{1, 2, 3}));
  EXPECT_EQ(colour.images, upright);
  colour = {"colour", 1, 2, 2, 3, 1, {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}, {0}};
  transpose(&colour);
  EXPECT_EQ(colour.images, (Bytes{1, 1, 1, 3, 3, 3, 2, 2, 2, 4, 4, 4}));
}

TEST(HostDataTranspose, EmnistGetsAHint) {
  engine::Dataset set;
  set.name = "emnist-letters train";
  expect_parts(transposition_hint(set), {"emnist-letters train", "\"transpose\": true"});
  set.name = "mnist train";
  EXPECT_EQ(transposition_hint(set), "");
}

}  // namespace
}  // namespace innate::host
