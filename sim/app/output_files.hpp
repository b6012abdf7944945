#pragma once

#include <string>
#include <vector>

#include "sim/report/csv_report.hpp"

namespace systole::app {

// A run may take hours: what would keep its output from being written is said before it starts.

/// Throws std::runtime_error when `file` is in no folder or is one itself.
void require_writable(const std::string& file);

/// Writes the files of a report into `folder`, which is there: all or none.
void write_to_folder(const std::string& folder, const std::vector<NamedText>& files);

/// Creates `folder` and those above it. Throws std::runtime_error when that cannot be.
void make_folder(const std::string& folder);

}  // namespace systole::app
