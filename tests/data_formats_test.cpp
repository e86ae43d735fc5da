// CIFAR-10's binary form, and sets that lie in archives: what is read, and every way in which it can be
// wrong.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "host/data/byte_source.h"
#include "host/data/data_error.h"
#include "host/data/find_sets.h"
#include "host/data/idx.h"
#include "host/data/load.h"
#include "host/data/set_format.h"
#include "tests/support/messages.h"
#include "tests/support/packed.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_data.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;
using test::expect_parts;
using test::gzip;
using test::xz;
using Bytes = std::vector<std::uint8_t>;
using Files = std::vector<std::pair<std::string, Bytes>>;

constexpr std::size_t record = 3073;

std::uint8_t pixel(int image, int channel, int place) {
  return static_cast<std::uint8_t>(image * 31 + channel * 101 + place * 7 + place / 32);
}

/// Records whose label is `image % 10`, `image` counted from `first`.
Bytes batch(int count, int first = 0) {
  Bytes bytes;
  for (int i = first; i < first + count; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i % 10));
    for (int c = 0; c < 3; ++c)
      for (int p = 0; p < 1024; ++p) bytes.push_back(pixel(i, c, p));
  }
  return bytes;
}

/// A .zip or a .tar of the files, in memory.
Bytes pack(const std::string& format, const Files& files) {
  Bytes bytes(1 << 22);
  std::size_t used = 0;
  archive* out = archive_write_new();
  EXPECT_EQ(archive_write_set_format_by_name(out, format.c_str()), ARCHIVE_OK);
  EXPECT_EQ(archive_write_open_memory(out, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  for (const auto& [name, contents] : files) {
    archive_entry* entry = archive_entry_new();
    const bool folder = name.back() == '/';
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, folder ? 0755 : 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(contents.size()));
    EXPECT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
    archive_write_data(out, contents.data(), contents.size());
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
  bytes.resize(used);
  return bytes;
}

void write(const fs::path& file, const Bytes& bytes) {
  fs::create_directories(file.parent_path());
  test::tiny::write(file, bytes);
}

class DataFormats : public testing::Test {
 protected:
  /// Five batches of 1 to 5 images, and 4 test images.
  static Files colour_files() {
    Files files;
    int first = 0;
    for (int i = 1; i <= 5; first += i++)
      files.emplace_back("data_batch_" + std::to_string(i) + ".bin", batch(i, first));
    files.emplace_back("test_batch.bin", batch(4, 100));
    return files;
  }
  static Files grey_files() {
    const test::TinyData data{.train = 6, .test = 4, .height = 7, .width = 13};
    using namespace test::tiny;
    return {{train_images, images(6, data, 1)},
            {train_labels, labels(6, data)},
            {test_images, images(4, data, 2)},
            {test_labels, labels(4, data)}};
  }
  static Files below(const std::string& folder, Files files) {
    for (auto& [name, bytes] : files) name = folder + name;
    return files;
  }
  static Files gzipped(Files files) {
    for (auto& [name, bytes] : files) name += ".gz", bytes = gzip(bytes);
    return files;
  }
  void write_files(const fs::path& folder, const Files& files) {
    for (const auto& [name, bytes] : files) write(folder / name, bytes);
  }

  void expect_colour(const std::string& name) {
    const engine::DatasetPair pair = load(name, {root_});
    EXPECT_EQ(pair.train.count, 15);
    EXPECT_EQ(pair.test.count, 4);
    for (const auto& [set, first] : {std::pair(&pair.train, 0), std::pair(&pair.test, 100)}) {
      EXPECT_EQ((std::array{set->height, set->width, set->channels, set->classes}),
                (std::array{32, 32, 3, 10}));
      ASSERT_EQ(set->images.size(), std::size_t{3072} * set->count);
      for (int i = 0; i < set->count; ++i) {
        EXPECT_EQ(set->labels[i], (first + i) % 10);
        for (int p = 0; p < 1024; ++p)
          for (int c = 0; c < 3; ++c)
            ASSERT_EQ(set->images[(i * 1024 + p) * 3 + c], pixel(first + i, c, p))
                << i << " " << p << " " << c;
      }
    }
  }
  void expect_grey(const std::string& name) {
    const engine::DatasetPair pair = load(name, {root_});
    const Files files = grey_files();
    EXPECT_EQ(pair.train.images, Bytes(files[0].second.begin() + 16, files[0].second.end()));
    EXPECT_EQ(pair.test.labels, Bytes(files[3].second.begin() + 8, files[3].second.end()));
    EXPECT_EQ((std::array{pair.train.height, pair.train.width, pair.train.channels}), (std::array{7, 13, 1}));
  }

  std::string cifar_message(const std::string& name, const Bytes& bytes) {
    write(root_ / name, bytes);
    return test::error_of<DataError>([&] { read_cifar10(*open_bytes(root_ / name), root_ / name); });
  }
  std::string load_message(const std::string& name) {
    return test::error_of<DataError>([&] { load(name, {root_}); });
  }
  std::string full(const std::string& name) const { return (root_ / name).string() + ": found "; }

  const test::TemporaryFolder temporary_;
  const fs::path root_ = temporary_.path();
};

// ---- CIFAR-10 ----

TEST_F(DataFormats, PlanesBecomePixels) {
  write_files(root_ / "colour", colour_files());
  expect_colour("colour");
}

TEST_F(DataFormats, BatchesMayBePackedOneByOne) {
  Files files = colour_files();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i % 3 == 1) files[i] = {files[i].first + ".gz", gzip(files[i].second)};
    if (i % 3 == 2) files[i] = {files[i].first + ".xz", xz(files[i].second)};
  }
  write_files(root_ / "colour", files);
  expect_colour("colour");
}

TEST_F(DataFormats, BatchesMayLieInTheFolderThatTheArchiveMakes) {
  write_files(root_ / "colour/cifar-10-batches-bin", colour_files());
  expect_colour("colour");
  EXPECT_EQ(find_set("colour", {root_})->folder, root_ / "colour/cifar-10-batches-bin");
}

TEST_F(DataFormats, BytesInMemoryAreRead) {
  const Bytes two = batch(2);
  const SetPart part = read_cifar10(*bytes_in_memory(two), "two");
  EXPECT_EQ(part.count, 2);
  EXPECT_EQ(part.images[3073], pixel(1, 1, 0));
  const Bytes idx = test::tiny::idx(0x801, {3}, {4, 5, 6});
  EXPECT_EQ(read_idx_labels(*bytes_in_memory(idx), "three").values, (Bytes{4, 5, 6}));
}

TEST_F(DataFormats, MoreRecordsThanOneReadTakes) {
  const Bytes many = batch(700);
  const SetPart part = read_cifar10(*bytes_in_memory(many), "many");
  EXPECT_EQ(part.count, 700);
  EXPECT_EQ(part.images.back(), pixel(699, 2, 1023));
  EXPECT_EQ(part.labels[699], 9);
}

TEST_F(DataFormats, LengthsThatAreNoRecordsAreRefused) {
  const Bytes three = batch(3);
  for (const std::size_t size : {std::size_t{1}, record - 1, record + 1, 2 * record - 1, 3 * record - 1})
    expect_parts(
        cifar_message("cut.bin", Bytes(three.begin(), three.begin() + size)),
        {full("cut.bin"), std::to_string(size) + " bytes", std::to_string(size / record) + " records of 3073",
         std::to_string(size % record) + " more", "expected whole records", "again"});
  Bytes longer = batch(300);
  longer.push_back(1);
  expect_parts(cifar_message("long.bin", longer), {"921901 bytes (300 records of 3073 bytes and 1 more)"});
  expect_parts(cifar_message("empty.bin", {}), {full("empty.bin"), "an empty file (0 bytes)"});
  expect_parts(cifar_message("empty.bin.gz", gzip({})),
               {full("empty.bin.gz"), "0 bytes", "records of 3073 bytes"});
}

TEST_F(DataFormats, LabelsAboveNineAreRefused) {
  Bytes bad = batch(300);
  bad[270 * record] = 10;
  expect_parts(cifar_message("bad.bin", bad),
               {full("bad.bin"), "label 10 in record 271", "labels 0 to 9", "CIFAR-10's binary version"});
}

TEST_F(DataFormats, TheVersionForPythonIsNamed) {
  Bytes pickle(5000, 1);
  std::copy_n("\x80\2}q", 4, pickle.begin());
  expect_parts(cifar_message("a.bin", pickle), {full("a.bin"), "a Python pickle", "binary version"});
  const std::string page = "<html><body>Not found</body></html>";
  expect_parts(cifar_message("b.bin", Bytes(page.begin(), page.end())), {full("b.bin"), "an HTML page"});
}

TEST_F(DataFormats, DamageUnderCompressionIsRefused) {
  const Bytes packed = gzip(batch(3));
  expect_parts(cifar_message("a.bin.gz", Bytes(packed.begin(), packed.begin() + packed.size() / 2)),
               {full("a.bin.gz"), "cut off (truncated)"});
  Bytes damaged = packed;
  damaged[damaged.size() - 6] ^= 1;
  expect_parts(cifar_message("b.bin.gz", damaged), {full("b.bin.gz"), "incorrect data check"});
  expect_parts(cifar_message("c.bin.gz", batch(1)), {full("c.bin.gz"), "take .gz off its name"});
  Bytes behind = packed;
  behind.insert(behind.end(), 100, 'x');
  expect_parts(cifar_message("d.bin.gz", behind), {full("d.bin.gz"), "bytes behind the gzip data"});
}

TEST_F(DataFormats, ADirectoryInsteadOfABatchIsRefused) {
  write_files(root_ / "colour", colour_files());
  fs::remove(root_ / "colour/data_batch_3.bin");
  fs::create_directory(root_ / "colour/data_batch_3.bin");
  expect_parts(load_message("colour"), {full("colour/data_batch_3.bin"), "a directory", "expected a file"});
}

TEST_F(DataFormats, MissingBatchesAreNamed) {
  write_files(root_ / "colour", colour_files());
  fs::remove(root_ / "colour/data_batch_2.bin");
  fs::remove(root_ / "colour/test_batch.bin");
  expect_parts(load_message("colour"), {full("colour"), "lacks data_batch_2.bin, test_batch.bin", "6 files"});
}

TEST_F(DataFormats, AKnownSetIsCompared) {
  write_files(root_ / "cifar-10", colour_files());
  expect_parts(load_message("cifar-10"), {full("cifar-10/data_batch_1.bin"), "3073 bytes with the SHA-256",
                                          "30730000 with cee916563c9f80d8", "as published for cifar-10"});
}

TEST_F(DataFormats, SizesMustAgreeAcrossHalvesWithColour) {
  EXPECT_EQ(size_text(28, 28, 1), "28 x 28");
  EXPECT_EQ(size_text(32, 32, 3), "32 x 32 x 3");
}

// ---- Archives ----

struct Container {
  const char* name;
  Bytes (*pack)(const Files&);
};

class DataArchives : public DataFormats, public testing::WithParamInterface<Container> {};

INSTANTIATE_TEST_SUITE_P(
    Containers, DataArchives,
    testing::Values(Container{"set.zip", [](const Files& files) { return pack("zip", files); }},
                    Container{"set.tar", [](const Files& files) { return pack("ustar", files); }},
                    Container{"set.tar.gz", [](const Files& files) { return gzip(pack("pax", files)); }},
                    Container{"set.tgz", [](const Files& files) { return gzip(pack("gnutar", files)); }},
                    Container{"set.tar.xz", [](const Files& files) { return xz(pack("ustar", files)); }}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

TEST_P(DataArchives, HoldASet) {
  const auto [name, pack] = GetParam();
  write(root_ / "flat" / name, pack(grey_files()));
  expect_grey("flat");
  write(root_ / "deep" / name, pack(below("a/b c/", grey_files())));
  expect_grey("deep");
  write(root_ / "packed" / name, pack(below("raw/", gzipped(grey_files()))));
  expect_grey("packed");
  Files more = {{"readme.txt", {'h', 'i'}}, {"cifar-10-batches-bin/", {}}};
  for (auto& file : below("cifar-10-batches-bin/", colour_files())) more.push_back(file);
  more.emplace_back("cifar-10-batches-bin/._test_batch.bin", Bytes(10, 1));
  write(root_ / "colour" / name, pack(more));
  expect_colour("colour");
  Files backwards = colour_files();
  std::reverse(backwards.begin(), backwards.end());
  write(root_ / "backwards" / name, pack(backwards));
  expect_colour("backwards");
}

TEST_P(DataArchives, MayLieBesideFolders) {
  const auto [name, pack] = GetParam();
  const std::string suffix = std::string(name).substr(3);
  write(root_ / ("grey" + suffix), pack(grey_files()));
  expect_grey("grey");
  const auto sets = find_sets({root_});
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].name, "grey");
  EXPECT_EQ(sets[0].location(), root_ / ("grey" + suffix));
}

TEST_P(DataArchives, FilesInTheFolderComeFirst) {
  const auto [name, pack] = GetParam();
  write(root_ / "both" / name, pack(colour_files()));
  write_files(root_ / "both", grey_files());
  expect_grey("both");
}

TEST_P(DataArchives, ThatLackFilesAreRefused) {
  const auto [name, pack] = GetParam();
  Files files = grey_files();
  files.erase(files.begin() + 1);
  write(root_ / "set" / name, pack(files));
  expect_parts(load_message("set"), {full(std::string("set/") + name), "lacks train-labels-idx1-ubyte"});
  write(root_ / "other" / name, pack({{"notes.txt", {'x'}}}));
  expect_parts(load_message("other"), {full(std::string("other/") + name), "none of a set's files",
                                       "train-images-idx3-ubyte", "data_batch_1.bin"});
  files = grey_files();
  files.emplace_back("copy/train-images-idx3-ubyte", files[0].second);
  write(root_ / "twice" / name, pack(files));
  expect_parts(load_message("twice"), {"train-images-idx3-ubyte once more", "copy/"});
}

TEST_P(DataArchives, EntriesAreNamedInMessages) {
  const auto [name, pack] = GetParam();
  Files files = below("raw/", grey_files());
  files[2].second.pop_back();
  write(root_ / "set" / name, pack(files));
  expect_parts(load_message("set"), {full(std::string("set/") + name + "/raw/t10k-images-idx3-ubyte"),
                                     "363 bytes after the header", "expected 364"});
}

TEST_P(DataArchives, EveryTruncationIsRefused) {
  const auto [name, pack] = GetParam();
  const Bytes whole = pack(grey_files());
  const std::size_t step = std::max<std::size_t>(1, whole.size() / 150);
  // A tar ends with blocks of zeros, which not all programs write.
  const std::size_t needed = std::string(name) == "set.tar" ? whole.size() - 1024 - 500 : whole.size();
  for (std::size_t size = 0; size < needed; size += step) {
    write(root_ / "set" / name, Bytes(whole.begin(), whole.begin() + size));
    expect_parts(load_message("set"), {(root_ / "set" / name).string(), ": found ", "expected"});
  }
}

/// Whatever bit flips, the images and labels are right or the archive is refused: also in a .tar.gz, whose
/// CRC libarchive would not look at.
TEST_P(DataArchives, NoFlippedBitPasses) {
  const auto [name, pack] = GetParam();
  if (std::string(name) == "set.tar") GTEST_SKIP() << "a plain .tar has no checksum of what files hold";
  const Files files = grey_files();
  write(root_ / "right" / name, pack(files));
  const engine::DatasetPair right = load("right", {root_});
  Bytes packed = pack(files);
  int refused = 0, tried = 0;
  for (std::size_t bit = 0; bit < 8 * packed.size(); bit += 29 + bit % 17) {
    packed[bit / 8] ^= 1 << bit % 8;
    write(root_ / "set" / name, packed);
    try {
      const engine::DatasetPair pair = load("set", {root_});
      EXPECT_TRUE(pair.train.images == right.train.images && pair.train.labels == right.train.labels &&
                  pair.test.images == right.test.images && pair.test.labels == right.test.labels)
          << "bit " << bit;
    } catch (const DataError&) {
      ++refused;
    }
    packed[bit / 8] ^= 1 << bit % 8;
    ++tried;
  }
  EXPECT_GT(refused, tried / 3);
}

TEST_F(DataFormats, ArchivesThatAreNone) {
  for (const std::string name : {"a.zip", "a.tar", "a.tar.gz"}) {
    fs::remove_all(root_ / "set");
    write(root_ / "set" / name, Bytes(3000, 'x'));
    expect_parts(load_message("set"), {full("set/" + name)});
    write(root_ / "set" / name, {});
    expect_parts(load_message("set"), {full("set/" + name), "an empty file (0 bytes)"});
  }
}

TEST_F(DataFormats, ArchivesThatAreSomethingElseAreNamed) {
  const std::string text = "<!DOCTYPE html><html><title>Log in</title></html>";
  const Bytes page(text.begin(), text.end()), zip = pack("zip", grey_files()),
                                              tar = pack("ustar", grey_files());
  const std::vector<std::tuple<std::string, Bytes, std::string>> cases = {
      {"a.zip", page, "an HTML page"},         {"a.tar", page, "an HTML page"},
      {"a.tar.gz", page, "an HTML page"},      {"a.tar.gz", zip, "a zip archive"},
      {"a.tar", zip, "a zip archive"},         {"a.zip", tar, "a tar archive"},
      {"a.tar.gz", gzip(page), "an HTML page"}};
  for (const auto& [name, bytes, what] : cases) {
    fs::remove_all(root_ / "set");
    write(root_ / "set" / name, bytes);
    expect_parts(load_message("set"), {full("set/" + name), what});
  }
}

TEST_F(DataFormats, SeveralArchivesAreRefusedUnlessOneIsThePublished) {
  write(root_ / "set/a.zip", pack("zip", grey_files()));
  write(root_ / "set/b.zip", pack("zip", grey_files()));
  expect_parts(load_message("set"), {full("set"), "several archives (a.zip, b.zip)", "one"});
  EXPECT_TRUE(find_sets({root_}).empty());
  write(root_ / "cifar-10/cifar-10-python.tar.gz", {1});
  write(root_ / "cifar-10/cifar-10-binary.tar.gz", gzip(pack("ustar", colour_files())));
  expect_parts(load_message("cifar-10"),
               {"cifar-10-binary.tar.gz/data_batch_1.bin", "as published for cifar-10"});
}

// ---- The real one ----

std::vector<double> channel_means(const engine::Dataset& set) {
  std::vector<double> sums(3);
  for (std::size_t i = 0; i < set.images.size(); ++i) sums[i % 3] += set.images[i];
  for (double& sum : sums) sum /= 255.0 * 1024 * set.count;
  return sums;
}

TEST(HostDataReal, Cifar10) {
  const auto path = data_path({});
  if (!find_set("cifar-10", path))
    GTEST_SKIP() << "CIFAR-10 is not there (set INNATE_DATA to a folder that has cifar-10/)";
  const engine::DatasetPair pair = load("cifar-10", path);
  EXPECT_EQ(pair.train.count, 50000);
  EXPECT_EQ(pair.test.count, 10000);
  std::vector<int> of_train(10), of_test(10);
  for (const int label : pair.train.labels) ++of_train[label];
  for (const int label : pair.test.labels) ++of_test[label];
  EXPECT_EQ(of_train, std::vector<int>(10, 5000));
  EXPECT_EQ(of_test, std::vector<int>(10, 1000));
  const std::vector<double> train = channel_means(pair.train), test = channel_means(pair.test);
  for (const auto& [found, published] : {std::pair(train, std::array{0.4914, 0.4822, 0.4465}),
                                         std::pair(test, std::array{0.4942, 0.4851, 0.4504})})
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(found[c], published[c], 6e-5);
}

}  // namespace
}  // namespace innate::host
