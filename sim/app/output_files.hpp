#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/files/removed_on_signal.hpp"
#include "sim/report/csv_report.hpp"

namespace systole::app {

// A run may take hours: what would keep its output from being written is said before it starts.

/// A file that the command line names, as "--json" or as "TRACE".
struct NamedFile {
  std::string role;
  std::optional<std::string> file;
};

/// A folder of the command line, and the files that are written to it.
struct NamedFolder {
  std::string role;
  std::optional<std::string> folder;
  std::vector<std::string> files;
};

/// `file`, and the files that it names: a command reads them, too.
std::vector<NamedFile> with_named_files(const std::string& role,
                                        const std::optional<std::string>& file);

/// What the machine `config` reads: its energy table, its memory.
std::vector<NamedFile> files_of_machine(const AcceleratorConfig& config);

std::vector<NamedFile> joined(const std::vector<std::vector<NamedFile>>& lists);

/// All that a command reads, asked for only when it writes something.
using Inputs = std::function<std::vector<NamedFile>()>;

/// Throws UsageError when two of the outputs, those in `folders` among them, would replace each
/// other, or one of the `inputs`; and std::runtime_error when one of the `outputs` is in no folder,
/// or in one that takes no new files, or is a folder itself. `command` is as "systole run". Writes
/// nothing, and leaves the `folders` to who makes them.
void require_writable(const std::string& command, const std::vector<NamedFile>& outputs,
                      const Inputs& inputs, const std::vector<NamedFolder>& folders = {});

/// The same, and creates the `folders`, those above them too. Unless keep() is called, those
/// that were created are removed again, as far as they are empty, also when a signal ends the
/// program.
class OutputFolders {
 public:
  OutputFolders(const std::string& command, const std::vector<NamedFile>& outputs,
                const std::vector<NamedFolder>& folders, const Inputs& inputs);
  ~OutputFolders();
  OutputFolders(const OutputFolders&) = delete;
  OutputFolders& operator=(const OutputFolders&) = delete;

  void keep();

 private:
  void make(const std::string& folder);
  void remove();

  std::vector<std::filesystem::path> created_;
  RemovedOnSignal removed_on_signal_{RemovedOnSignal::Files::Kept};
};

/// Writes the files of a report into `folder`, which is there: all or none.
void write_to_folder(const std::string& folder, const std::vector<NamedText>& files);

}  // namespace systole::app
