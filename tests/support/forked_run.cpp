#include "tests/support/forked_run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "sim/kernel/systemc.hpp"

namespace systole::test {
namespace {

// First character of what the child writes.
constexpr char kReturned = 'r';
constexpr char kThrew = 't';

void write_all(int file, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t part = ::write(file, text.data() + written, text.size() - written);
    if (part <= 0) {
      return;
    }
    written += static_cast<std::size_t>(part);
  }
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 4096> part{};
  ssize_t size = 0;
  while ((size = ::read(file, part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  return text;
}

[[noreturn]] void be_the_child(int file, const std::function<std::string()>& body,
                               unsigned seconds) {
  ::alarm(seconds);
  // The parent judges: a SystemC error is an exception here, not a failure of a test of its own.
  sc_core::sc_report_handler::set_handler(sc_core::sc_report_handler::default_handler);
  try {
    write_all(file, kReturned + body());
  } catch (const std::exception& error) {
    write_all(file, kThrew + std::string{error.what()});
  }
  ::_exit(0);  // nothing of the parent's may be flushed or destroyed twice
}

}  // namespace

ForkedOutcome run_forked(const std::function<std::string()>& body, unsigned seconds) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) {
    throw std::runtime_error{"no pipe for a child process"};
  }
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::runtime_error{"no child process"};
  }
  if (child == 0) {
    ::close(pipe[0]);
    be_the_child(pipe[1], body, seconds);
  }
  ::close(pipe[1]);
  const std::string text = read_all(pipe[0]);
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return {false, signal == SIGALRM ? "still running after " + std::to_string(seconds) + " s"
                                     : std::string{"ended by the signal "} + ::strsignal(signal)};
  }
  if (text.empty()) {
    return {false, "ended without a word"};
  }
  return {text[0] == kReturned, text.substr(1)};
}

}  // namespace systole::test
