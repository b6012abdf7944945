#pragma once

#include <string>
#include <string_view>

namespace systole {

/// Whether a file's name ends so, ".npy", in small letters or large ones: MODEL.NPY.
bool has_extension(const std::string& file, std::string_view extension);

}  // namespace systole
