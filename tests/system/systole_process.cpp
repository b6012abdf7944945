#include "tests/system/systole_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace systole::test {
namespace {

void require(int status, const char* what) {
  if (status != 0) {
    throw std::runtime_error{what};
  }
}

}  // namespace

Outcome systole_to(const std::string& output, const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const std::string error = folder.file("stderr");
  const std::string program = SYSTOLE_BINARY_DIR "/systole";

  std::vector<std::string> words = arguments;  // execve takes no const
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  require(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  require(posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
          "stdin");
  require(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), kFlags, 0600),
          "stdout");
  require(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error.c_str(), kFlags, 0600),
          "stderr");
  require(posix_spawn_file_actions_addchdir_np(&actions, SYSTOLE_SOURCE_DIR), "chdir");

  pid_t child = 0;
  require(posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ), "spawn");
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (waitpid(child, &status, 0) != child) {
    throw std::runtime_error{"waitpid"};
  }
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, "", read_file(error)};
}

int status_of_stopped(const std::vector<std::string>& arguments, int signal,
                      const std::function<bool(pid_t)>& when) {
  using std::chrono::steady_clock;
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), SYSTOLE_BINARY_DIR "/systole");
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::chdir(SYSTOLE_SOURCE_DIR) == 0) {
      ::execv(argv[0], argv.data());
    }
    ::_exit(127);
  }
  const auto deadline = steady_clock::now() + std::chrono::minutes{1};
  while (!when(child) && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  ::kill(child, signal);
  int status = 0;
  if (::waitpid(child, &status, 0) != child) {
    throw std::runtime_error{"waitpid"};
  }
  return status;
}

Outcome systole(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  Outcome outcome = systole_to(folder.file("stdout"), arguments);
  outcome.out = read_file(folder.file("stdout"));
  return outcome;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "systole_test_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error{"mkdtemp " + name};
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    throw std::runtime_error{"cannot read " + path};
  }
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  if (!file.flush()) {
    throw std::runtime_error{"cannot write " + path};
  }
}

std::vector<std::string> lines(const std::string& text) {
  if (!text.empty() && text.back() != '\n') {
    throw std::runtime_error{"the last line is not ended: " + text};
  }
  std::vector<std::string> result;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) {
    result.push_back(line);
  }
  return result;
}

}  // namespace systole::test
