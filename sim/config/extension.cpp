#include "sim/config/extension.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace systole {

bool has_extension(const std::string& file, std::string_view extension) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  const std::string its = std::filesystem::path{file}.extension().string();
  return std::equal(its.begin(), its.end(), extension.begin(), extension.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace systole
