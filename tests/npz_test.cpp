// .npz and genomes.bin: bytes that NumPy reads, and bytes that nobody has changed.
#include "host/results/npz.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include "host/results/file.h"
#include "tests/support/temporary_folder.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;

std::string some_arrays() {
  Npz file;
  file.add("W", {2, 3}, std::vector<float>{1, -2, 0.5f, 4, 5, 6});
  file.add("bias", {3}, std::vector<float>{7, 8, 9});
  file.add("scale", {}, std::vector<float>{0.25f});
  file.add("grid", {2}, std::vector<std::int64_t>{28, -1});
  file.add("none", {0, 4}, std::vector<float>{});
  return file.take();
}

/// Name and content of every entry of a zip.
std::map<std::string, std::string> unzipped(const std::string& bytes) {
  std::map<std::string, std::string> entries;
  ::archive* in = ::archive_read_new();
  ::archive_read_support_format_zip_seekable(in);
  EXPECT_EQ(::archive_read_open_memory(in, bytes.data(), bytes.size()), ARCHIVE_OK);
  for (::archive_entry* entry = nullptr; ::archive_read_next_header(in, &entry) == ARCHIVE_OK;) {
    std::string content(static_cast<std::size_t>(::archive_entry_size(entry)), '\0');
    EXPECT_EQ(::archive_read_data(in, content.data(), content.size()),
              static_cast<la_ssize_t>(content.size()));
    entries[::archive_entry_pathname(entry)] = content;
  }
  ::archive_read_free(in);
  return entries;
}

TEST(Npz, HoldsArraysInNumPysFormat) {
  const auto entries = unzipped(some_arrays());
  ASSERT_EQ(entries.size(), 5u);
  for (const auto& [name, shape, type, bytes] :
       std::vector<std::tuple<std::string, std::string, std::string, std::size_t>>{
           {"W.npy", "(2, 3)", "<f4", 24},
           {"bias.npy", "(3, )", "<f4", 12},
           {"scale.npy", "()", "<f4", 4},
           {"grid.npy", "(2, )", "<i8", 16},
           {"none.npy", "(0, 4)", "<f4", 0}}) {
    const std::string& content = entries.at(name);
    EXPECT_EQ(content.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8)) << name;
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(content[8]) +
                                                 256 * static_cast<unsigned char>(content[9]));
    EXPECT_EQ((10 + length) % 64, 0u) << name;
    EXPECT_EQ(content.size(), 10 + length + bytes) << name;
    const std::string header = content.substr(10, length);
    EXPECT_NE(header.find("'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape), header.npos)
        << header;
    EXPECT_EQ(header.back(), '\n');
  }
  float third = 0;
  std::memcpy(&third, entries.at("W.npy").data() + entries.at("W.npy").size() - 16, 4);
  EXPECT_EQ(third, 0.5f);
}

TEST(Npz, TheSameArraysAreTheSameBytesEverywhereAndAlways) {
  const std::string before = some_arrays();
  const char* zone = std::getenv("TZ");
  const std::string kept = zone ? zone : "";
  for (const char* other : {"Pacific/Kiritimati", "America/Adak"}) {
    ::setenv("TZ", other, 1);
    ::tzset();
    EXPECT_EQ(some_arrays(), before) << other;
  }
  zone ? ::setenv("TZ", kept.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

TEST(Npz, AShapeThatDoesNotFitIsRefused) {
  Npz file;
  EXPECT_THROW(file.add("W", {2, 3}, std::vector<float>(5)), std::invalid_argument);
}

}  // namespace
}  // namespace innate::host
