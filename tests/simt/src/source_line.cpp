#include "source_line.h"

#include <dlfcn.h>

#include <cstddef>
#include <cstdio>
#include <vector>

namespace simt::detail {
namespace {

/// What addr2line says, line by line. `options` ends in a letter that asks for something.
std::vector<std::string> ask_addr2line(const char* options, const void* address, std::ptrdiff_t shift) {
  std::vector<std::string> lines;
  Dl_info module;
  if (!dladdr(address, &module)) return lines;
  const auto offset = static_cast<const char*>(address) - static_cast<const char*>(module.dli_fbase) + shift;
  char command[1024];
  std::snprintf(command, sizeof command, "addr2line %s -e '%s' 0x%tx 2>/dev/null", options, module.dli_fname,
                offset);
  FILE* pipe = popen(command, "r");
  if (!pipe) return lines;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe)) {
    std::string text = line;
    lines.push_back(text.substr(0, text.find_last_not_of('\n') + 1));
  }
  pclose(pipe);
  return lines;
}

std::string without_folder(const std::string& line) {
  const std::size_t slash = line.rfind('/');
  const std::string text = slash == std::string::npos ? line : line.substr(slash + 1);
  return text.substr(0, text.find(' '));  // " (discriminator 2)"
}

}  // namespace

std::string source_line(const void* return_address) {
  const auto lines =
      ask_addr2line("-i", return_address, -1);  // the call lies before the address it returns to
  for (const std::string& line : lines)
    if (line.rfind("/usr/", 0) != 0 && line.rfind("??", 0) != 0) return without_folder(line);
  return lines.empty() ? "an unknown line" : without_folder(lines.front());
}

std::string function_name(const void* function) {
  const auto lines = ask_addr2line("-fC", function, 0);
  return "kernel " + (lines.empty() || lines.front() == "??" ? "without a name" : lines.front());
}

}  // namespace simt::detail
