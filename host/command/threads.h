// How many CPU threads this process may use.
#pragma once

namespace innate::host {

constexpr int most_threads = 4096;

/// As many as asked for; where nothing is (0), OMP_NUM_THREADS, or else what affinity and the control groups'
/// quotas allow. At least 1, and at most OMP_THREAD_LIMIT.
int threads_to_use(int asked = 0);

}  // namespace innate::host
