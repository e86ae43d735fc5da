#include "host/plot/gnuplot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "host/plot/error.h"
#include "host/plot/words.h"
#include "host/results/atomic_file.h"
#include "host/results/descriptor.h"

extern char** environ;

namespace innate::host {
namespace {

constexpr std::string_view advice = "pictures need gnuplot (apt-get install gnuplot-nox)";

[[noreturn]] void fail(std::string_view attempt, int error) {
  throw PlotError(fmt::format("cannot {}: {}; {}", attempt, std::generic_category().message(error), advice));
}

// A file that has no name and lives in memory; its descriptor lies above the three standard ones.
Descriptor memory_file() {
  const Descriptor made(::memfd_create("gnuplot", MFD_CLOEXEC));
  Descriptor file(made.valid() ? ::fcntl(made.get(), F_DUPFD_CLOEXEC, 3) : -1);
  if (!file.valid()) fail("make a file in memory for gnuplot", errno);
  return file;
}

std::string content(const Descriptor& file) {
  std::string text;
  char part[65536];
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(file.get(), part, sizeof part, at)) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read what gnuplot wrote", errno);
    text.append(part, static_cast<std::size_t>(got));
    at += got;
  }
  return text;
}

// The descriptors that gnuplot gets as its standard ones.
class Redirection {
 public:
  Redirection() { posix_spawn_file_actions_init(&actions_); }
  Redirection(const Redirection&) = delete;
  ~Redirection() { posix_spawn_file_actions_destroy(&actions_); }

  void add(const Descriptor& from, int to) {
    if (const int error = posix_spawn_file_actions_adddup2(&actions_, from.get(), to))
      fail("start gnuplot", error);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

pid_t start(const Descriptor& input, const Descriptor& output, const Descriptor& errors) {
  Redirection redirection;
  redirection.add(input, STDIN_FILENO);
  redirection.add(output, STDOUT_FILENO);
  redirection.add(errors, STDERR_FILENO);
  char name[] = "gnuplot", plain[] = "-d";  // -d: no start-up files
  char* arguments[] = {name, plain, nullptr};
  posix_spawnattr_t own_group;  // a Ctrl-C on the terminal is for this program, which finishes its picture
  posix_spawnattr_init(&own_group);
  posix_spawnattr_setflags(&own_group, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int error = posix_spawnp(&child, name, redirection.get(), &own_group, arguments, environ);
  posix_spawnattr_destroy(&own_group);
  if (error) fail("start gnuplot", error);
  return child;
}

// What went wrong with the child in words; empty for nothing.
std::string wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return std::generic_category().message(errno);
  if (WIFSIGNALED(status)) return fmt::format("ended by signal {}", WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

std::string run_gnuplot(std::string_view script) {
  const Descriptor input = memory_file(), output = memory_file(), errors = memory_file();
  if (const int error = write_all(input.get(), script)) fail("pass the script to gnuplot", error);
  if (::lseek(input.get(), 0, SEEK_SET) != 0) fail("pass the script to gnuplot", errno);
  std::string problem = wait_for(start(input, output, errors));
  std::string picture = content(output);
  if (problem.empty() && picture.empty()) problem = "it wrote nothing";
  if (!problem.empty())
    throw PlotError(
        fmt::format("gnuplot failed ({}): {}; {}", problem, printable(content(errors), 2000), advice));
  return picture;
}

}  // namespace innate::host
