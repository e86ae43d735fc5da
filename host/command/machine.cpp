#include "host/command/machine.h"

#include <fmt/format.h>
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "host/command/process.h"
#include "host/results/text.h"

namespace innate::host {

namespace fs = std::filesystem;

// ---- control groups

namespace {

/// A number, and `none` where there is no file, or it says "max".
template <class Number>
Number number_in(const fs::path& file, Number none) {
  std::ifstream in(file);
  Number number{};
  return in >> number ? number : none;
}

/// CPUs of "quota period", or of version 1's two files; 0: no limit.
double quota_of(const fs::path& folder) {
  std::ifstream unified(folder / "cpu.max");
  double quota = 0, period = 0;
  if (!(unified >> quota >> period)) {
    quota = number_in(folder / "cpu.cfs_quota_us", 0.0);
    period = number_in(folder / "cpu.cfs_period_us", 0.0);
  }
  return quota > 0 && period > 0 ? quota / period : 0;
}

/// The number behind a word of a memory.stat file: memory that goes when somebody needs it.
std::size_t statistic(const fs::path& file, const std::string& wanted) {
  std::ifstream in(file);
  std::string word;
  std::size_t number = 0;
  while (in >> word >> number)
    if (word == wanted) return number;
  return 0;
}

std::size_t left_in(const fs::path& folder, const char* limit, const char* usage, const char* cache) {
  const auto most = number_in(folder / limit, SIZE_MAX);
  if (most == SIZE_MAX) return SIZE_MAX;
  const auto used = number_in(folder / usage, std::size_t{0});
  const std::size_t free = most > used ? most - used : 0, idle = statistic(folder / "memory.stat", cache);
  return std::min(most, free + std::min(idle, used));
}

std::size_t memory_left(const fs::path& folder) {
  return std::min(left_in(folder, "memory.max", "memory.current", "inactive_file"),
                  left_in(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
}

/// Visits the folders of the groups that `controller` may limit this process in.
void each_folder(const ControlGroups& all, const std::string& controller,
                 const std::function<void(const fs::path&)>& visit) {
  std::istringstream in(all.groups);
  for (std::string line; std::getline(in, line);) {  // 4:cpu,cpuacct:/path, or 0::/path of version 2
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::vector<fs::path> mounts = {all.root / controller, all.root / controllers};
    if (controllers.empty())
      mounts = {all.root, all.root / "unified"};
    else if (("," + controllers + ",").find("," + controller + ",") == std::string::npos)
      continue;
    for (const fs::path& mount : mounts)
      for (fs::path at = line.substr(second + 1);; at = at.parent_path()) {
        visit(mount / at.relative_path());
        if (at.empty() || at == at.root_path()) break;
      }
  }
}

}  // namespace

ControlGroups ControlGroups::of_this_process() {
  std::ifstream groups("/proc/self/cgroup");
  return {"/sys/fs/cgroup", {std::istreambuf_iterator<char>(groups), std::istreambuf_iterator<char>()}};
}

double ControlGroups::cpus() const {
  double least = 0;
  each_folder(*this, "cpu", [&least](const fs::path& folder) {
    const double cpus = quota_of(folder);
    if (cpus > 0) least = least > 0 ? std::min(least, cpus) : cpus;
  });
  return least;
}

std::size_t ControlGroups::memory() const {
  std::size_t least = SIZE_MAX;
  each_folder(*this, "memory",
              [&least](const fs::path& folder) { least = std::min(least, memory_left(folder)); });
  return least;
}

// ---- threads

namespace {

/// The CPUs of OpenMP's places, which the threads of a team are spread over; 0 where they are not bound to
/// any.
int cpus_of_places() {
  if (omp_get_proc_bind() == omp_proc_bind_false) return 0;
  std::set<int> cpus;
  const auto add = [&cpus](int place) {
    std::vector<int> of_place(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, of_place.data());
    cpus.insert(of_place.begin(), of_place.end());
  };
  if (omp_get_proc_bind() == omp_proc_bind_master)
    add(omp_get_place_num());
  else
    for (int place = 0; place < omp_get_num_places(); ++place) add(place);
  return static_cast<int>(cpus.size());
}

/// What affinity allows. The main thread's own tells nothing where OpenMP has bound it to its place already.
int cores() {
  const int cpus = omp_get_num_procs(), of_places = cpus_of_places();
  return std::max(1, of_places > 0 ? std::min(cpus, of_places) : cpus);
}

int allowed() {
  const double quota = ControlGroups::of_this_process().cpus();
  return quota > 0 && quota < cores() ? static_cast<int>(std::ceil(quota)) : cores();
}

/// The first number of OMP_NUM_THREADS; 0 where there is none.
int of_environment() {
  const char* set = std::getenv("OMP_NUM_THREADS");
  const std::string_view text = set ? set : "";
  return static_cast<int>(parse_decimal(text.substr(0, text.find(',')), most_threads).value_or(0));
}

}  // namespace

int threads_to_use(int asked) {
  if (asked == 0) asked = of_environment();
  if (asked == 0) asked = allowed();
  return std::max(1, std::min(asked, omp_get_thread_limit()));
}

// ---- memory

namespace {

constexpr const char* kUnits = "KMGT";

/// MemAvailable of /proc/meminfo.
std::size_t system_memory() {
  std::ifstream in("/proc/meminfo");
  std::string word;
  std::size_t kilobytes = 0;
  while (in >> word)
    if (word == "MemAvailable:" && in >> kilobytes) return kilobytes * 1024;
  return std::size_t{4} << 30;  // no Linux: assume 4 GB
}

/// What a limit of addresses (ulimit -v) or data (ulimit -d) leaves: /proc/self/statm counts what is in use.
std::size_t left_of(__rlimit_resource limit, int word) {
  struct rlimit limits {};
  if (::getrlimit(limit, &limits) != 0 || limits.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  std::ifstream in("/proc/self/statm");
  std::size_t pages = 0;
  for (int i = 0; i <= word && in; ++i) in >> pages;
  const std::size_t used = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return limits.rlim_cur > used ? limits.rlim_cur - used : 0;
}

std::size_t memory_left() {
  return std::min({system_memory(), ControlGroups::of_this_process().memory(), left_of(RLIMIT_AS, 0),
                   left_of(RLIMIT_DATA, 5)});
}

}  // namespace

std::size_t parse_bytes(const std::string& text) {
  const char* unit = text.empty() ? nullptr : std::strchr(kUnits, text.back());
  const std::string_view written = std::string_view(text).substr(0, text.size() - (unit ? 1 : 0));
  const std::size_t point = std::min(written.find('.'), written.size());
  const std::string_view fraction = written.substr(std::min(point + 1, written.size()));
  double number = 0;
  const bool decimal = parse_decimal(written.substr(0, point), UINT64_MAX) &&
                       (point == written.size() ||
                        (!fraction.empty() && fraction.find_first_not_of("0123456789") == fraction.npos));
  if (decimal) std::from_chars(written.data(), written.data() + written.size(), number);
  if (unit) number *= std::pow(1024.0, unit - kUnits + 1);
  if (!decimal || number < 1 || number > 1e18)
    throw UsageError("--memory '" + text + "' is not an amount of memory; examples: 800M, 2.5G");
  return static_cast<std::size_t>(number);
}

std::string bytes_text(std::size_t bytes) {
  double number = static_cast<double>(bytes);
  int unit = -1;
  for (; number >= 1000 && unit < 3; ++unit) number /= 1024;
  return unit < 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}B", number, kUnits[unit]);
}

std::size_t memory_to_use(const Context& context, std::size_t limit) {
  if (limit > 0) return limit;
  const std::size_t free = context.backend() == Backend::cuda ? context.free_memory() : memory_left();
  return free / 5 * 4;
}

// ---- devices

namespace {

std::optional<std::uint64_t> cuda_ordinal(const std::string& choice) {
  if (choice == "cuda") return 0;
  if (choice.rfind("cuda:", 0) != 0) return std::nullopt;
  return parse_decimal(std::string_view(choice).substr(5), std::numeric_limits<int>::max());
}

}  // namespace

ChosenDevice choose_device(const std::string& choice, int threads) {
  if (choice == "cpu") return {Context::cpu(threads), ""};
  std::string why_not;
  const int devices = static_cast<int>(cuda_devices(&why_not).size());
  if (choice == "auto") {
    if (devices > 0) return {Context::cuda(0), ""};
    return {Context::cpu(threads), "no CUDA device is used: " + why_not};
  }
  const auto ordinal = cuda_ordinal(choice);
  if (!ordinal)
    throw UsageError("--device '" + choice + "' is not known; it may be auto, cpu, cuda or cuda:N");
  if (devices == 0) throw UsageError("--device " + choice + ": no CUDA device can be used: " + why_not);
  if (*ordinal >= static_cast<std::uint64_t>(devices))
    throw UsageError(
        "--device " + choice + ": there " +
        (devices == 1 ? "is 1 CUDA device" : "are " + std::to_string(devices) + " CUDA devices") +
        ", counted from 0");
  return {Context::cuda(static_cast<int>(*ordinal)), ""};
}

}  // namespace innate::host
