#include "host/command/threads.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <string_view>
#include <vector>

#include "host/command/control_groups.h"
#include "host/command/decimal.h"

namespace innate::host {

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

}  // namespace innate::host
