#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <stdexcept>

extern char** environ;

namespace innate::test {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void fail(const char* attempt) {
  throw std::runtime_error(std::string(attempt) + ": " + std::strerror(errno));
}

std::vector<std::string> environment_of(const Invocation& program) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    variables[text.substr(0, text.find('='))] = text.substr(std::min(text.find('=') + 1, text.size()));
  }
  for (const auto& [name, value] : program.environment) {
    variables.erase(name);
    if (value) variables[name] = *value;
  }
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// A file that has no name and lives in memory.
int memory_file() {
  const int made = memfd_create("output", MFD_CLOEXEC);
  const int file = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, 3);  // clear of the standard streams
  if (file < 0) fail("make a file in memory");
  close(made);
  return file;
}

std::string content(int file) {
  std::string text;
  char part[4096];
  for (ssize_t got = 0; (got = pread(file, part, sizeof part, static_cast<off_t>(text.size()))) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  return text;
}

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(const Invocation& program, char** arguments, char** environment, int out, int err) {
  struct sigaction action = {};
  for (int signal = 1; signal < 32; ++signal) {
    action.sa_handler = SIG_DFL;
    for (const int ignored : program.ignored_signals)
      if (ignored == signal) action.sa_handler = SIG_IGN;
    sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int in = open("/dev/null", O_RDONLY);
  if (!program.output.empty()) out = open(program.output.c_str(), O_WRONLY);
  const bool ready = in >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2 &&
                     (program.folder.empty() || chdir(program.folder.c_str()) == 0);
  if (!ready) _exit(126);
  for (const int stream : program.closed_streams) close(stream);
  execve(program.file.c_str(), arguments, environment);
  _exit(127);
}

}  // namespace

Process::Process(const Invocation& program) : out_(memory_file()), err_(memory_file()), begun_(now()) {
  std::vector<std::string> arguments = {program.file.string()}, environment = environment_of(program);
  arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
  const auto argument_pointers = pointers(arguments), environment_pointers = pointers(environment);
  child_ = fork();
  if (child_ < 0) fail("fork");
  if (child_ == 0)
    become(program, const_cast<char**>(argument_pointers.data()),
           const_cast<char**>(environment_pointers.data()), out_, err_);
  end_ = static_cast<int>(syscall(SYS_pidfd_open, child_, 0));
  if (end_ < 0) {
    const int error = errno;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    errno = error;
    fail("watch a process");
  }
}

Process::~Process() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  for (const int file : {end_, out_, err_}) close(file);
}

void Process::send(int signal) const {
  if (child_ > 0) kill(child_, signal);
}

std::string Process::out() const { return content(out_); }
std::string Process::err() const { return content(err_); }
double Process::age() const { return now() - begun_; }

bool Process::ends_within(double seconds) {
  pollfd end = {end_, POLLIN, 0};
  const double until = now() + seconds;
  for (double left = seconds; left >= 0; left = until - now()) {
    timespec time = {static_cast<time_t>(left),
                     static_cast<long>((left - static_cast<double>(static_cast<time_t>(left))) * 1e9)};
    const int ready = ppoll(&end, 1, &time, nullptr);
    if (ready == 0) return false;
    if (ready > 0) return true;
    if (errno != EINTR) fail("wait for a process");
  }
  return false;
}

Ending Process::wait(double seconds) {
  Ending ending;
  ending.timed_out = !ends_within(seconds);
  if (ending.timed_out) send(SIGKILL);
  int status = 0;
  while (waitpid(child_, &status, 0) < 0)
    if (errno != EINTR) fail("wait for a process");
  child_ = -1;
  ending.seconds = age();
  if (WIFEXITED(status)) ending.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  ending.out = out();
  ending.err = err();
  return ending;
}

Ending run(const Invocation& program, double seconds) { return Process(program).wait(seconds); }

Ending run_and_signal(const Invocation& program, double delay, int signal, double seconds) {
  Process process(program);
  if (!process.ends_within(delay)) process.send(signal);
  return process.wait(seconds);
}

}  // namespace innate::test
