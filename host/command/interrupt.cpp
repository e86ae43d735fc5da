#include "host/command/interrupt.h"

#include <csignal>

namespace innate::host {

namespace {
volatile std::sig_atomic_t noted = 0;
void note(int) { noted = 1; }
}  // namespace

void watch_for_interrupt() {
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return noted != 0; }

}  // namespace innate::host
