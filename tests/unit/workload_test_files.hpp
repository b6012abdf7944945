#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sim/config/error_log.hpp"
#include "sim/workload/npy.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

/// Tests that write small files: each has an empty folder of its process' own.
class WorkloadFiles : public ::testing::Test {
 protected:
  WorkloadFiles() {
    folder_ = std::filesystem::path{::testing::TempDir()} /
              ("systole_workload_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~WorkloadFiles() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& file) const { return (folder_ / file).string(); }

  void write(const std::string& file, const std::string& bytes) const {
    std::ofstream{path(file), std::ios::binary} << bytes;
  }

  template <typename T>
  void write_array(const std::string& file, Shape shape, std::vector<T> values) const {
    write_npy(path(file), NpyArray{std::move(shape), std::move(values)});
  }

  /// The network of a file with this text.
  Network load(const std::string& yaml, bool shapes_only = false) const {
    write("w.yaml", yaml);
    return load_workload(path("w.yaml"), {shapes_only});
  }

  /// What load() has to say, with the folder's name taken out.
  std::string errors(const std::string& yaml, bool shapes_only = false) const {
    try {
      load(yaml, shapes_only);
      return "";
    } catch (const ConfigError& e) {
      return without_folder(e.what());
    }
  }

  std::string without_folder(std::string text) const {
    const std::string prefix = folder_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace systole
