#include "sim/app/output_files.hpp"

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "sim/report/atomic_file.hpp"

namespace systole::app {

namespace fs = std::filesystem;

void require_writable(const std::string& file) {
  const fs::path folder = fs::path{file}.parent_path();
  if (!folder.empty() && !fs::is_directory(folder)) {
    throw std::runtime_error{file + ": there is no folder " + folder.string()};
  }
  if (fs::is_directory(file)) {
    throw std::runtime_error{file + ": is a folder, expected a file"};
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
