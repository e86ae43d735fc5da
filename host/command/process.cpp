#include "host/command/process.h"

#include <csignal>

namespace innate::host {

namespace {

volatile std::sig_atomic_t noted = 0;

void note(int signal) {
  if (noted &&
      signal == SIGINT) {  // not SIGTERM: some programs send it twice, to the process and to its group
    std::signal(signal, SIG_DFL);
    raise(signal);  // takes effect when this function has returned
  }
  noted = 1;
}

/// A signal that is ignored from the start, as in a script's background job, stays ignored.
void watch(int signal) {
  struct sigaction action = {};
  if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void watch_for_interrupt() {
  watch(SIGINT);
  watch(SIGTERM);
  watch(SIGHUP);
}

bool interrupted() { return noted != 0; }

}  // namespace innate::host
