// Parallel loops of the CPU backend. Tasks are handed out one by one; what a task computes must not depend on
// which thread runs it or on how many there are.
#pragma once

#include <cstdint>

namespace innate {

template <class Task>
void parallel_for(int64_t tasks, int threads, const Task& task) {
  if (tasks == 1 || threads == 1) {
    for (int64_t i = 0; i < tasks; ++i) task(i);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (int64_t i = 0; i < tasks; ++i) task(i);
}

}  // namespace innate
