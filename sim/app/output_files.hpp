#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/report/csv_report.hpp"

namespace systole::app {

// A run may take hours: what would keep its output from being written is said before it starts.

/// A file that the command line names, as "--json" or as "TRACE".
struct NamedFile {
  std::string role;
  std::optional<std::string> file;
};

/// Throws std::runtime_error when one of the `outputs` is in no folder, or in one that takes no new
/// files, or is a folder itself; and UsageError when two of them would replace each other, or one
/// of the `inputs`. `command` is as "systole run".
void require_writable(const std::string& command, const std::vector<NamedFile>& outputs,
                      const std::vector<NamedFile>& inputs);

/// Writes the files of a report into `folder`, which is there: all or none.
void write_to_folder(const std::string& folder, const std::vector<NamedText>& files);

/// Creates `folder` and those above it. Throws std::runtime_error when that cannot be.
void make_folder(const std::string& folder);

}  // namespace systole::app
