#include "host/command/commands.h"

#include <fmt/format.h>
#include <innate/kernels/context.h>

#include "host/command/machine.h"
#include "host/command/process.h"
#include "host/command/provenance.h"
#include "host/command/terminal.h"
#include "host/data/find_sets.h"

namespace innate::host {

int info(const std::vector<std::string>& data) {
  show(fmt::format("innate {}, build {}\n", version(), build_id()));
  show(fmt::format("\ndevices\n  {}\n", Context::cpu(threads_to_use()).description()));
  std::string why_not;
  const auto devices = cuda_devices(&why_not);
  for (std::size_t i = 0; i < devices.size(); ++i)
    show(fmt::format("  CUDA {}: {}, compute capability {}.{}, {:.1f} GiB, {} multiprocessors\n", i,
                     devices[i].name, devices[i].major, devices[i].minor,
                     static_cast<double>(devices[i].memory) / (1 << 30), devices[i].multiprocessors));
  if (devices.empty()) show(fmt::format("  no CUDA device: {}\n", why_not));
  show("\nlibraries\n");
  const auto used = libraries();
  for (const auto& [library, its_version] : used.items())
    show(fmt::format("  {} {}\n", library, its_version.get<std::string>()));
  show("\ndata is looked for in\n");
  const auto path = data_path(data);
  for (const auto& folder : path) {
    std::error_code why_not;
    const bool there = std::filesystem::is_directory(folder, why_not);
    const bool absent = !why_not || why_not == std::errc::no_such_file_or_directory;
    show(fmt::format("  {}{}\n", folder.string(),
                     there    ? ""
                     : absent ? "  (not there)"
                              : "  (" + why_not.message() + ")"));
  }
  show("\ndata found\n");
  const auto sets = find_sets(path);
  for (const FoundSet& set : sets)
    show(fmt::format("  {}  {}{}\n", set.name, set.location().string(),
                     set.complete() ? "" : "  incomplete: " + set.missing.front() + " is missing"));
  if (sets.empty()) show("  none\n");
  return kDone;
}

}  // namespace innate::host
