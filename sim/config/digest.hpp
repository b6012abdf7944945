#pragma once

#include <string>

namespace systole {

/// 36 characters that stand for the text: SHA-1, cut to 128 bits, as RFC 4122 names things.
std::string digest(const std::string& text);

/// Of a file's bytes and of every file that it leads to (files_named_in): tables that a table
/// builds on, tensors of a workload; without data, too, a file of values gives its shape. Throws
/// std::runtime_error for a file that cannot be read.
std::string digest_of_file(const std::string& path);

}  // namespace systole
