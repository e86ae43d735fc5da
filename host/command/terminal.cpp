#include "host/command/terminal.h"

#include <cerrno>
#include <cstdio>
#include <string>

namespace innate::host {

namespace {

int first_error = 0;

void note(bool failed) {
  if (failed && first_error == 0) first_error = errno;
}

}  // namespace

void say(std::string_view line) { std::fputs((std::string(line) + "\n").c_str(), stderr); }

void show(std::string_view text) { note(std::fwrite(text.data(), 1, text.size(), stdout) < text.size()); }

int output_error() {
  note(std::fflush(stdout) != 0);
  return first_error == EPIPE || first_error == EIO ? 0 : first_error;
}

}  // namespace innate::host
