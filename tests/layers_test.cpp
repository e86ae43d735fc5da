// What the sources may name: an encoding is known to its own file and to the registry, and to nobody else.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace innate::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSources = INNATE_SOURCES;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// All that compilers read below these folders.
std::vector<fs::path> sources(const std::vector<const char*>& folders) {
  std::vector<fs::path> all;
  for (const char* folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator(kSources / folder))
      for (const char* kind : {".h", ".cpp", ".cu", ".cuh", ".inc"})
        if (entry.path().extension() == kind) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

/// The text without its comments; strings stay.
std::string code_of(const std::string& text) {
  std::string code;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) {
      while (i < text.size() && text[i] != '\n') ++i;
    } else if (text.compare(i, 2, "/*") == 0) {
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 1;
      continue;
    } else if (text[i] == '"') {
      const std::size_t begin = i;
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
      code += text.substr(begin, i - begin);
    }
    if (i < text.size()) code += text[i];
  }
  return code;
}

/// The types of the registry: X(name) for each.
std::vector<std::string> encodings() {
  const std::string text =
      std::regex_replace(read(kSources / "engine/genome/registry.cpp"), std::regex("\\\\\n"), "");
  const std::regex line("#define INNATE_GENOMES\\(X\\)(.*)"), one("X\\((\\w+)\\)");
  std::smatch found;
  std::vector<std::string> names;
  if (!std::regex_search(text, found, line)) return names;
  const std::string list = found[1];
  for (std::sregex_iterator at(list.begin(), list.end(), one), end; at != end; ++at)
    names.push_back((*at)[1]);
  return names;
}

/// spatial_gem: SpatialGem.
std::string as_class(const std::string& name) {
  std::string text;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') text += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return text;
}

/// Where a text names an encoding: as a word of its code, in quotes, or, where no English sentence would hold
/// it, anywhere.
bool names(const std::string& text, const std::string& encoding) {
  if (text.find('"' + encoding + '"') != std::string::npos) return true;
  if (encoding.find('_') != std::string::npos && text.find(encoding) != std::string::npos) return true;
  const std::regex word("\\b(" + encoding + "|" + as_class(encoding) + ")(_kind)?\\b");
  return std::regex_search(code_of(text), word);
}

TEST(Layers, AnEncodingIsNamedInItsOwnFileAlone) {
  const std::vector<std::string> all = encodings();
  ASSERT_GE(all.size(), 5u);
  const std::vector<fs::path> files = sources({"kernels", "engine"});
  ASSERT_GT(files.size(), 100u);
  for (const std::string& encoding : all) {
    const fs::path own = kSources / "engine/genome" / (encoding + ".cpp");
    EXPECT_TRUE(names(read(own), encoding)) << own;
    for (const fs::path& file : files) {
      // (An encoding may be made of another: it then says so.)
      const bool is_one = file.parent_path() == kSources / "engine/genome" &&
                          std::find(all.begin(), all.end(), file.stem().string()) != all.end();
      if (is_one || file == kSources / "engine/genome/registry.cpp") continue;
      EXPECT_FALSE(names(read(file), encoding)) << fs::relative(file, kSources) << " names " << encoding;
    }
  }
}

TEST(Layers, TheSearchFindsNames) {
  EXPECT_TRUE(names("if (type == \"gem\") grow();", "gem"));
  EXPECT_TRUE(names("case Encoding::gem: break;", "gem"));
  EXPECT_TRUE(names("class SpatialGem {};", "spatial_gem"));
  EXPECT_TRUE(names("// what spatial_gem needs", "spatial_gem"));
  EXPECT_TRUE(names("extern const GenomeKind direct_kind;", "direct"));
  EXPECT_FALSE(names("// GEM: W = X O Y^T, the direct network, a gem", "gem"));
  EXPECT_FALSE(names("// the direct network\nint direct_weights;", "direct"));
  EXPECT_FALSE(names("gemm::Product p; /* gem */", "gem"));
}

/// kernels/ sees nothing above it, and engine/ nothing of host/.
TEST(Layers, IncludesNeverPointUp) {
  const std::regex include("#include [<\"]([^>\"]+)[>\"]");
  int found = 0;
  for (const auto& [folder, above] : {std::pair<const char*, std::vector<std::string>>{
                                          "kernels", {"engine/", "innate/engine/", "host/", "nlohmann/"}},
                                      {"engine", {"host/"}},
                                      {"host", {"tests/", "benchmarks/"}}})
    for (const fs::path& file : sources({folder})) {
      const std::string text = read(file);
      for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at, ++found)
        for (const std::string& wrong : above)
          EXPECT_NE((*at)[1].str().rfind(wrong, 0), 0u)
              << fs::relative(file, kSources) << " includes " << (*at)[1];
    }
  EXPECT_GT(found, 500);
}

/// Rooms share kernels/core and know nothing of each other; kernels/program knows them all.
TEST(Layers, RoomsDoNotIncludeEachOther) {
  const std::regex include("#include \"kernels/(\\w+)/");
  int found = 0;
  for (const fs::path& file : sources({"kernels"})) {
    const std::string room = fs::relative(file, kSources / "kernels").begin()->string();
    if (room == "program" || room == "include") continue;
    const std::string text = read(file);
    for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at, ++found)
      EXPECT_TRUE((*at)[1] == room || (*at)[1] == "core")
          << fs::relative(file, kSources) << " includes " << at->str();
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace innate::test
