#include "host/plot/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "host/results/file.h"
#include "host/results/text.h"

extern char** environ;

namespace innate::host {

namespace {

[[noreturn]] void fail(const std::string& attempt, int error) {
  throw PlotError(fmt::format("cannot {}: {}", attempt, std::generic_category().message(error)));
}

// A file that has no name and lives in memory; its descriptor lies above the three standard ones.
Descriptor memory_file() {
  const Descriptor made(::memfd_create("child", MFD_CLOEXEC));
  Descriptor file(made.valid() ? ::fcntl(made.get(), F_DUPFD_CLOEXEC, 3) : -1);
  if (!file.valid()) fail("make a file in memory", errno);
  return file;
}

std::string content(const Descriptor& file) {
  std::string text;
  char part[65536];
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(file.get(), part, sizeof part, at)) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read what a program wrote", errno);
    text.append(part, static_cast<std::size_t>(got));
    at += got;
  }
  return text;
}

// The descriptors that the program gets as its standard ones.
class Redirection {
 public:
  Redirection() { posix_spawn_file_actions_init(&actions_); }
  Redirection(const Redirection&) = delete;
  ~Redirection() { posix_spawn_file_actions_destroy(&actions_); }

  void add(const Descriptor& from, int to) {
    if (const int error = posix_spawn_file_actions_adddup2(&actions_, from.get(), to))
      fail("pass files to a program", error);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

pid_t start(std::vector<std::string>& command, const Redirection& redirection) {
  std::vector<std::string> environment = drawing_environment();
  posix_spawnattr_t own_group;  // a Ctrl-C on the terminal is for this program, which finishes its picture
  posix_spawnattr_init(&own_group);
  posix_spawnattr_setflags(&own_group, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int error = posix_spawnp(&child, command.front().c_str(), redirection.get(), &own_group,
                                 pointers(command).data(), pointers(environment).data());
  posix_spawnattr_destroy(&own_group);
  if (error) fail("start " + command.front(), error);
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

std::vector<std::string> drawing_environment() {
  constexpr std::array<std::string_view, 6> kept{
      "PATH=", "HOME=", "TMPDIR=", "LD_LIBRARY_PATH=", "XDG_", "FONTCONFIG_"};
  std::vector<std::string> environment{"LC_ALL=C.UTF-8"};
  for (char** at = environ; at && *at; ++at) {
    const std::string_view variable = *at;
    if (std::any_of(kept.begin(), kept.end(),
                    [&](auto beginning) { return variable.starts_with(beginning); }))
      environment.emplace_back(variable);
  }
  return environment;
}

ChildEnding run_child(std::vector<std::string> command, std::string_view input) {
  const Descriptor in = memory_file(), out = memory_file(), errors = memory_file();
  if (const int error = write_all(in.get(), input)) fail("pass its input to " + command.front(), error);
  if (::lseek(in.get(), 0, SEEK_SET) != 0) fail("pass its input to " + command.front(), errno);
  Redirection redirection;
  redirection.add(in, STDIN_FILENO);
  redirection.add(out, STDOUT_FILENO);
  redirection.add(errors, STDERR_FILENO);
  std::string problem = wait_for(start(command, redirection));
  return {content(out), content(errors), std::move(problem)};
}

// ---- gnuplot

namespace {

constexpr std::string_view advice = "pictures need gnuplot (apt-get install gnuplot-nox)";

ChildEnding ending_of(std::string_view script) {
  try {
    return run_child({"gnuplot", "-d"}, script);  // -d: no start-up files
  } catch (const PlotError& error) {
    throw PlotError(fmt::format("{}; {}", error.what(), advice));
  }
}

}  // namespace

std::string run_gnuplot(std::string_view script) {
  ChildEnding ending = ending_of(script);
  if (ending.problem.empty() && ending.output.empty()) ending.problem = "it wrote nothing";
  if (!ending.problem.empty())
    throw PlotError(
        fmt::format("gnuplot failed ({}): {}; {}", ending.problem, printable(ending.errors, 2000), advice));
  return std::move(ending.output);
}

}  // namespace innate::host
