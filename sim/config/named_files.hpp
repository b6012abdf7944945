#pragma once

#include <string>
#include <vector>

namespace systole {

/// The regular files that a YAML file names, from its own folder, and those that these name in
/// turn (a table that another stands on, the tensors of a workload), without `file` itself. Any
/// text in it that is the name of a file counts as one. None of a file that is no YAML.
std::vector<std::string> files_named_in(const std::string& file);

}  // namespace systole
