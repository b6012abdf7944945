#include "sim/app/output_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <system_error>

#include "sim/app/options.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/files/atomic_file.hpp"

namespace systole::app {

namespace fs = std::filesystem;

namespace {

/// A pipe or a device: has no canonical path, takes any number of outputs.
bool is_device(const std::string& file) {
  return fs::exists(file) && !fs::is_regular_file(file) && !fs::is_directory(file);
}

void require_writable(const std::string& file) {
  const fs::path folder = fs::path{file}.parent_path();
  if (!folder.empty() && !fs::is_directory(folder)) {
    throw std::runtime_error{file + ": there is no folder " + folder.string()};
  }
  if (fs::is_directory(file)) {
    throw std::runtime_error{file + ": is a folder, expected a file"};
  }
  if (is_device(file)) {
    return;
  }
  const fs::path real_folder = fs::weakly_canonical(fs::absolute(file)).parent_path();
  if (::access(real_folder.c_str(), W_OK | X_OK) != 0) {
    throw std::runtime_error{
        file + ": cannot create a file in its folder: " + std::generic_category().message(errno)};
  }
}

}  // namespace

void require_writable(const std::string& command, const std::vector<NamedFile>& outputs,
                      const std::vector<NamedFile>& inputs) {
  std::map<fs::path, std::string> roles;
  for (const NamedFile& input : inputs) {
    if (input.file && !is_device(*input.file)) {
      roles.emplace(fs::weakly_canonical(*input.file), input.role);
    }
  }
  for (const NamedFile& output : outputs) {
    if (!output.file) {
      continue;
    }
    require_writable(*output.file);
    if (is_device(*output.file)) {
      continue;
    }
    const auto [other, is_new] = roles.emplace(fs::weakly_canonical(*output.file), output.role);
    if (!is_new) {
      throw UsageError{fmt::format("{}: {} and {} name the same file, {}", command, other->second,
                                   output.role, quoted(*output.file))};
    }
  }
}

void write_to_folder(const std::string& folder, const std::vector<NamedText>& files) {
  std::vector<std::pair<std::string, std::string>> all;
  all.reserve(files.size());
  for (const NamedText& file : files) {
    all.emplace_back((fs::path{folder} / file.name).string(), file.text);
  }
  write_files_atomically(all);
}

void make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw std::runtime_error{folder + ": cannot be created: " + error.message()};
  }
}

}  // namespace systole::app
