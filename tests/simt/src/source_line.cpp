#include "source_line.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

namespace simt::detail {
namespace {

/// What addr2line says of each address, line by line.
std::vector<std::vector<std::string>> ask_addr2line(const std::string& options,
                                                    const std::vector<const void*>& addresses,
                                                    std::ptrdiff_t shift) {
  constexpr std::size_t kAtOnce = 500;  // reading the program's debug information takes longer than a search
  std::vector<std::vector<std::string>> all(addresses.size());
  for (std::size_t from = 0, to; from < addresses.size(); from = to) {
    Dl_info module;
    if (!dladdr(addresses[from], &module)) {
      to = from + 1;
      continue;
    }
    std::string command = "addr2line -a " + options + " -e '" + module.dli_fname + "'";
    for (to = from; to < addresses.size() && to < from + kAtOnce; ++to) {
      Dl_info other;
      if (!dladdr(addresses[to], &other) || other.dli_fbase != module.dli_fbase) break;
      char text[32];
      std::snprintf(
          text, sizeof text, " 0x%tx",
          static_cast<const char*>(addresses[to]) - static_cast<const char*>(module.dli_fbase) + shift);
      command += text;
    }
    FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
    if (!pipe) continue;
    std::size_t next = from;  // the address after the one whose lines come
    char buffer[16384];
    while (std::fgets(buffer, sizeof buffer, pipe)) {
      std::string line = buffer;
      line.erase(line.find_last_not_of('\n') + 1);
      if (line.rfind("0x", 0) == 0)
        ++next;
      else if (next > from && next <= to)
        all[next - 1].push_back(line);
    }
    pclose(pipe);
  }
  return all;
}

/// Neither of the system's headers nor of the executor's.
bool is_kernel_source(const std::string& line) {
  return line.rfind("/usr/", 0) != 0 && line.rfind("??", 0) != 0 &&
         line.find("/include/simt/") == std::string::npos;
}

std::string without_folder(const std::string& line) {
  const std::size_t slash = line.rfind('/');
  const std::string text = slash == std::string::npos ? line : line.substr(slash + 1);
  return text.substr(0, text.find(' '));  // " (discriminator 2)"
}

}  // namespace

std::vector<std::string> source_lines(const std::vector<const void*>& return_addresses) {
  std::vector<std::string> found;
  // The call lies before the address it returns to.
  for (const auto& lines : ask_addr2line("-i", return_addresses, -1)) {
    const auto line = std::find_if(lines.begin(), lines.end(), is_kernel_source);
    found.push_back(line != lines.end() ? without_folder(*line)
                    : lines.empty()     ? "an unknown line"
                                        : without_folder(lines.front()));
  }
  return found;
}

std::string source_line(const void* return_address) { return source_lines({return_address}).front(); }

std::vector<std::string> function_names(const std::vector<const void*>& functions) {
  std::vector<std::string> found;
  for (const auto& lines : ask_addr2line("-fC", functions, 0))
    found.push_back(lines.empty() || lines.front() == "??" ? "without a name" : lines.front());
  return found;
}

std::string function_name(const void* function) { return function_names({function}).front(); }

}  // namespace simt::detail
