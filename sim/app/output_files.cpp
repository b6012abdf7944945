#include "sim/app/output_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <stdexcept>
#include <system_error>

#include "sim/app/mistakes.hpp"
#include "sim/app/options.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/config/named_files.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/files/atomic_file.hpp"

namespace systole::app {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& file, const std::string& what, int reason) {
  throw std::runtime_error{file + ": " + what + ": " + std::generic_category().message(reason)};
}

/// Nothing for a file that is not there, or that nobody can tell.
std::optional<struct stat> status_of(const std::string& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? std::optional{status} : std::nullopt;
}

void require_room_for(const std::string& file) {
  const std::string folder = fs::path{file}.parent_path().string();
  errno = 0;
  const auto above = status_of(folder.empty() ? "." : folder);
  if (!above && errno != ENOENT) {
    fail(file, "cannot create a file in its folder", errno);
  }
  if (!above || !S_ISDIR(above->st_mode)) {
    throw std::runtime_error{file + ": there is no folder " + folder};
  }
  errno = 0;
  const auto status = status_of(file);
  if (status && S_ISDIR(status->st_mode)) {
    throw std::runtime_error{file + ": is a folder, expected a file"};
  }
  if (const auto descriptor = descriptor_named(file)) {
    const int flags = ::fcntl(*descriptor, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
      throw std::runtime_error{file + ": is not open for writing"};
    }
  }
  if (is_written_in_place(file)) {
    return;
  }
  if (!status && errno != ENOENT) {
    fail(file, "cannot be written", errno);
  }
  const std::string real_folder = fs::path{behind_links(file)}.parent_path().string();
  if (::access(real_folder.empty() ? "." : real_folder.c_str(), W_OK | X_OK) != 0) {
    fail(file, "cannot create a file in its folder", errno);
  }
}

void require_room_for_all(const std::vector<NamedFile>& outputs, Mistakes& mistakes) {
  for (const NamedFile& output : outputs) {
    if (output.file) {
      mistakes.attempt([&] { require_room_for(*output.file); });
    }
  }
}

std::string identity_of(const struct stat& status) {
  return fmt::format("{}:{}", status.st_dev, status.st_ino);
}

bool is_regular(const std::string& file) {
  const auto status = status_of(file);
  return status && S_ISREG(status->st_mode);
}

/// The same text for all names of a file: links of both kinds, and paths through other folders.
std::string identity_of(const std::string& file) {
  if (const auto status = status_of(file)) {
    return identity_of(*status);
  }
  std::error_code error;
  const fs::path path = fs::absolute(behind_links(file), error);
  const fs::path canonical = fs::weakly_canonical(path, error);
  return (error ? path.lexically_normal() : canonical).string();
}

/// Throws the UsageError of require_writable.
void require_apart(const std::string& command, const std::vector<NamedFile>& outputs,
                   const std::vector<NamedFolder>& folders, const Inputs& inputs) {
  const auto given = [](const auto& of, auto member) {
    return std::any_of(of.begin(), of.end(),
                       [&](const auto& each) { return (each.*member).has_value(); });
  };
  if (!given(outputs, &NamedFile::file) && !given(folders, &NamedFolder::folder)) {
    return;
  }
  std::map<std::string, std::string> roles;  // by identity
  for (const NamedFile& input : inputs()) {
    if (input.file && is_regular(*input.file)) {
      roles.emplace(identity_of(*input.file), input.role);
    }
  }
  const auto require_new = [&](const std::string& role, const std::string& file) {
    if (const auto other = roles.find(identity_of(file)); other != roles.end()) {
      throw UsageError{fmt::format("{}: {} and {} name the same file, {}", command, other->second,
                                   role, quoted(file))};
    }
  };
  const auto add = [&](const std::string& role, const std::string& file) {
    if (!is_written_in_place(file)) {
      require_new(role, file);
      roles.emplace(identity_of(file), role);
    }
  };
  // Of what is written in place any number may go to one file; it must not be replaced, though.
  std::map<std::string, std::string> in_place;
  for (const NamedFile& output : outputs) {
    if (output.file && is_written_in_place(*output.file) && is_regular(*output.file)) {
      require_new(output.role, *output.file);
      in_place.emplace(identity_of(*output.file), output.role);
    }
  }
  for (const auto& [descriptor, role] :
       {std::pair{STDOUT_FILENO, "standard output"}, std::pair{STDERR_FILENO, "standard error"}}) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
      in_place.emplace(identity_of(status), role);
    }
  }
  roles.merge(in_place);
  for (const NamedFolder& folder : folders) {
    for (const std::string& name : folder.folder ? folder.files : std::vector<std::string>{}) {
      add(quoted(name) + " of " + folder.role, (fs::path{*folder.folder} / name).string());
    }
  }
  for (const NamedFolder& folder : folders) {  // several may be the same
    if (folder.folder) {
      roles.emplace(identity_of(*folder.folder), folder.role);
    }
  }
  for (const NamedFile& output : outputs) {
    if (output.file) {
      add(output.role, *output.file);
    }
  }
}

}  // namespace

std::vector<NamedFile> with_named_files(const std::string& role,
                                        const std::optional<std::string>& file) {
  std::vector<NamedFile> all{{role, file}};
  if (file) {
    for (const std::string& named : files_named_in(*file)) {
      all.push_back({"a file that " + role + " names", named});
    }
  }
  return all;
}

std::vector<NamedFile> files_of_machine(const AcceleratorConfig& config) {
  std::vector<NamedFile> all = with_named_files("energy.table", config.energy.table);
  if (config.dram.model == DramModel::Banked) {
    all.push_back({"dram.preset", dram_preset_file(config.dram)});
  }
  return all;
}

std::vector<NamedFile> joined(const std::vector<std::vector<NamedFile>>& lists) {
  std::vector<NamedFile> all;
  for (const std::vector<NamedFile>& list : lists) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

void require_writable(const std::string& command, const std::vector<NamedFile>& outputs,
                      const Inputs& inputs, const std::vector<NamedFolder>& folders) {
  require_apart(command, outputs, folders, inputs);
  Mistakes mistakes;
  require_room_for_all(outputs, mistakes);
  mistakes.check();
}

OutputFolders::OutputFolders(const std::string& command, const std::vector<NamedFile>& outputs,
                             const std::vector<NamedFolder>& folders, const Inputs& inputs) {
  require_apart(command, outputs, folders, inputs);
  try {
    Mistakes mistakes;
    for (const NamedFolder& folder : folders) {
      if (folder.folder) {
        mistakes.attempt([&] {
          make(*folder.folder);
          for (const std::string& name : folder.files) {
            require_room_for((fs::path{*folder.folder} / name).string());
          }
        });
      }
    }
    require_room_for_all(outputs, mistakes);
    mistakes.check();
  } catch (...) {
    remove();
    throw;
  }
}

OutputFolders::~OutputFolders() { remove(); }

void OutputFolders::make(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path path = folder; !path.empty() && !fs::exists(path, error) && !error;
       path = path.parent_path()) {
    missing.push_back(path);
  }
  for (auto path = missing.rbegin(); path != missing.rend() && !error; ++path) {
    if (removed_on_signal_.create(path->string())) {
      created_.push_back(*path);
    } else if (errno != EEXIST) {
      error = {errno, std::generic_category()};
    }
  }
  if (!error) {
    fs::create_directories(folder, error);  // says what is wrong with one that is no folder
  }
  if (error) {
    throw std::runtime_error{folder + ": cannot be created: " + error.message()};
  }
}

void OutputFolders::remove() {
  for (auto path = created_.rbegin(); path != created_.rend(); ++path) {
    std::error_code not_empty;
    fs::remove(*path, not_empty);
  }
  keep();
}

void OutputFolders::keep() {
  created_.clear();
  removed_on_signal_.forget();
}

void write_to_folder(const std::string& folder, const std::vector<NamedText>& files) {
  std::vector<std::pair<std::string, std::string>> all;
  all.reserve(files.size());
  for (const NamedText& file : files) {
    all.emplace_back((fs::path{folder} / file.name).string(), file.text);
  }
  write_files_atomically(all);
}

}  // namespace systole::app
