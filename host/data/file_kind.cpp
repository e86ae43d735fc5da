#include "host/data/file_kind.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string_view>

namespace innate::host {
namespace {

using namespace std::string_view_literals;
using Form = FileKind::Form;

constexpr const char* fetch_page =
    "it is what a server or a log-in page answers: fetch the file again, or from another place";
constexpr const char* unpack = "unpack it, and put the files that it holds in its place";
constexpr const char* to_idx = "write its images and labels as IDX files of unsigned bytes";
constexpr const char* another = "check that the file bears the right name";
constexpr const char* to_utf8 = "save it as UTF-8";

struct Mark {
  std::size_t at;
  std::string_view bytes;
  const char* what;
  const char* advice;
};

// Those that begin alike stand in the order in which they must be tried.
constexpr Mark marks[] = {
    {0, "\x1f\x8b"sv, "gzip data", "its name should end in .gz"},
    {0, "\xfd\x37zXZ\0"sv, "xz data", "its name should end in .xz"},
    {0, "BZh"sv, "bzip2 data", "unpack it with `bunzip2`"},
    {0, "\x28\xb5\x2f\xfd"sv, "zstd data", "unpack it with `unzstd`"},
    {0, "\x04\x22\x4d\x18"sv, "lz4 data", "unpack it with `unlz4`"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive", unpack},
    {0, "Rar!\x1a\x07"sv, "a RAR archive", unpack},
    {257, "ustar"sv, tar_text, "its name should end in .tar"},
    {0, "\x93NUMPY"sv, "a NumPy array (.npy)", to_idx},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file", to_idx},
    {0, "MATLAB 5.0 MAT-file"sv, "a MATLAB file (.mat)", to_idx},
    {0, "MATLAB 7.3 MAT-file"sv, "a MATLAB file (.mat, HDF5)", to_idx},
    {0, "PAR1"sv, "a Parquet file", to_idx},
    {0, "ARROW1"sv, "an Arrow file", to_idx},
    {0, "SQLite format 3\0"sv, "an SQLite database", to_idx},
    {0, "\x89PNG\r\n\x1a\n"sv, "a PNG picture", to_idx},
    {0, "\xff\xd8\xff"sv, "a JPEG picture", to_idx},
    {0, "GIF8"sv, "a GIF picture", to_idx},
    {8, "WEBPVP8"sv, "a WebP picture", to_idx},
    {0, "%PDF-"sv, "a PDF document", another},
    {0, "\x7f\x45LF"sv, "a program or library (ELF)", another},
    {0, "INNATE"sv, "a file of an innate results folder", another},
    {0, "version https://git-lfs"sv, "a Git LFS pointer in place of the file",
     "bring the file itself with `git lfs pull`"},
    {0, "/annex/objects/"sv, "a git-annex pointer in place of the file",
     "bring the file itself with `git annex get`"},
    {0, "\xff\xfe\0\0"sv, "UTF-32 text", to_utf8},
    {0, "\0\0\xfe\xff"sv, "UTF-32 text", to_utf8},
    {0, "\xff\xfe"sv, "UTF-16 text", to_utf8},
    {0, "\xfe\xff"sv, "UTF-16 text", to_utf8},
};

bool stands_at(std::string_view text, std::size_t at, std::string_view mark) {
  return text.size() >= at + mark.size() && text.substr(at, mark.size()) == mark;
}

bool begins_in_any_case(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char wanted, char found) {
           return std::tolower(static_cast<unsigned char>(found)) == wanted;
         });
}

/// What other kinds of files are, too, by the name of their first entry.
FileKind of_zip(std::string_view text) {
  const std::string_view name = text.substr(std::min<std::size_t>(text.size(), 30));
  const std::string_view entry = name.substr(0, name.find_first_of("\0\n"sv));
  if (entry.find(".npy") != entry.npos) return {"a NumPy archive (.npz)", to_idx};
  if (entry.find("/data.pkl") != entry.npos) return {"a PyTorch file (.pt)", to_idx};
  if (entry.starts_with("[Content_Types].xml")) return {"an Office document", to_idx};
  return {"a zip archive", "its name should end in .zip"};
}

/// Every second byte of text in letters of ASCII is 0 in UTF-16, three of four are in UTF-32.
const char* wide_text(std::string_view text) {
  const auto letter = [&](std::size_t i) {
    return std::isprint(static_cast<unsigned char>(text[i])) ||
           std::isspace(static_cast<unsigned char>(text[i]));
  };
  const auto zeros = [&](std::size_t from, std::size_t to) {
    return text.substr(from, to - from).find_first_not_of('\0') == text.npos;
  };
  if (text.size() < 8) return nullptr;
  if ((letter(0) && zeros(1, 4) && letter(4) && zeros(5, 8)) ||
      (zeros(0, 3) && letter(3) && zeros(4, 7) && letter(7)))
    return "UTF-32 text";
  if (letter(0) && zeros(1, 2) && letter(2) && zeros(3, 4) && letter(4) && zeros(5, 6)) return "UTF-16 text";
  if (zeros(0, 1) && letter(1) && zeros(2, 3) && letter(3) && zeros(4, 5) && letter(5)) return "UTF-16 text";
  return nullptr;
}

bool is_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : std::isspace(byte) != 0;
  });
}

FileKind of_text(std::string_view text) {
  text.remove_prefix(text.starts_with("\xef\xbb\xbf") ? 3 : 0);
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
  for (const std::string_view tag : {"<!doctype html", "<html", "<head", "<body"})
    if (begins_in_any_case(text, tag)) return {"an HTML page", fetch_page};
  if (text.starts_with("<?xml") ||
      (text.size() > 1 && text[0] == '<' && std::isalpha(static_cast<unsigned char>(text[1]))))
    return {"XML", fetch_page};
  if (text.starts_with('{') || text.starts_with('[')) return {"JSON", another, Form::text};
  const std::string_view line = text.substr(0, std::min<std::size_t>(text.find_first_of("\r\n"), 40));
  return {"text (\"" + std::string(line) + (line.size() < text.size() ? "..." : "") + "\")", to_idx,
          Form::text};
}

const char* idx_type(std::uint32_t code) {
  switch (code) {
    case 0x08: return "unsigned bytes";
    case 0x09: return "signed bytes";
    case 0x0b: return "16-bit integers";
    case 0x0c: return "32-bit integers";
    case 0x0d: return "32-bit floats";
    case 0x0e: return "64-bit floats";
    default: return nullptr;
  }
}

bool is_idx(std::uint32_t magic) {
  return magic >> 16 == 0 && idx_type(magic >> 8) && (magic & 0xff) > 0 && (magic & 0xff) < 16;
}

FileKind of_idx(std::uint32_t magic) {
  const std::uint32_t dimensions = magic & 0xff;
  if (magic >> 8 == 0x08 && dimensions != 1 && dimensions != 3)
    return {"the magic number " + describe_idx(magic), "write its images as count x height x width",
            Form::idx};
  return {"the magic number " + describe_idx(magic),
          magic >> 8 == 0x08 ? another : "write its values as unsigned bytes", Form::idx};
}

std::uint32_t word(std::string_view text, bool big_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(text[i])} << 8 * (big_endian ? 3 - i : i);
  return value;
}

std::string digits_of(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char digits[4];
    std::snprintf(digits, sizeof digits, " %02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += digits;
  }
  return text;
}

}  // namespace

FileKind kind_of(std::span<const std::uint8_t> first) {
  const std::string_view text(reinterpret_cast<const char*>(first.data()),
                              std::min(first.size(), kind_bytes));
  if (text.empty()) return {"no bytes", "fetch or copy it again", Form::unknown};
  for (const Mark& mark : marks)
    if (stands_at(text, mark.at, mark.bytes)) return {mark.what, mark.advice};
  if (text.starts_with("PK\3\4") || text.starts_with("PK\5\6")) return of_zip(text);
  if (text.size() >= 4 && is_idx(word(text, true))) return of_idx(word(text, true));
  if (text.size() >= 4 && is_idx(word(text, false)))
    return {"IDX with its bytes in reverse order (" + describe_idx(word(text, false)) + ")",
            "write its header big-endian"};
  if (text.size() > 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5)
    return {"a Python pickle", "take the set's binary version, or write its images and labels as IDX files"};
  if (const char* wide = wide_text(text)) return {wide, to_utf8};
  if (is_text(text)) return of_text(text);
  return {"bytes of no kind that innate knows (they begin with" + digits_of(text.substr(0, 8)) + ")", another,
          Form::unknown};
}

FileKind kind_in_place_of(const std::string& suffix, std::span<const std::uint8_t> first) {
  FileKind kind = kind_of(first);
  if (kind.form == Form::unknown || kind.form == Form::idx)
    kind.advice = "take " + suffix + " off its name if it is not compressed, or fetch it again";
  return kind;
}

std::string describe_idx(std::uint32_t magic) {
  const std::uint32_t dimensions = magic & 0xff;
  char digits[11];
  std::snprintf(digits, sizeof digits, "0x%08x", static_cast<unsigned>(magic));
  const char* type = idx_type(magic >> 8);
  const char* use = magic == idx_images_magic ? ": images" : magic == idx_labels_magic ? ": labels" : "";
  return std::string(digits) + " (IDX: " + (type ? type : "an unknown type") + ", " +
         std::to_string(dimensions) + (dimensions == 1 ? " dimension" : " dimensions") + use + ")";
}

}  // namespace innate::host
