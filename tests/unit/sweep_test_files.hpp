#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "sim/config/error_log.hpp"
#include "sim/sweep/selection.hpp"

namespace systole {

/// Tests of sweeps: each has a folder of its process' own, with an empty net.yaml.
class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream{file("net.yaml")};
  }
  ~SweepTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  /// A spec around gemmini_16x16; `rest` is what follows.
  SweepSpec spec(const std::string& rest) const {
    std::ofstream{file("spec.yaml")}
        << "accelerator: " SYSTOLE_SOURCE_DIR "/configs/gemmini_16x16.yaml\n"
        << rest;
    return load_sweep(file("spec.yaml"));
  }

  std::string refusal(const std::string& rest) const {
    try {
      points(rest);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }

  std::string errors(const std::string& rest) const {
    return errors_of([&] { spec(rest); });
  }

  /// Of spec.yaml as it is.
  std::string errors_of_spec() const {
    return errors_of([&] { load_sweep(file("spec.yaml")); });
  }

  std::string errors_of(const std::function<void()>& load) const {
    try {
      load();
    } catch (const ConfigError& error) {
      std::string text = error.what();
      const std::string name = file("spec.yaml");
      for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name)) {
        text.replace(at, name.size(), "spec");
      }
      return text;
    }
    return "accepted";
  }

  /// "8 16" for each point.
  std::vector<std::string> points(const std::string& rest) const {
    std::vector<std::string> texts;
    for (const Point& point : select_points(spec("workload: net.yaml\n" + rest))) {
      std::string text;
      for (const Assignment& assignment : point) {
        text += (text.empty() ? "" : " ") + assignment.text;
      }
      texts.push_back(text);
    }
    return texts;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path{::testing::TempDir()} / ("sweep_" + std::to_string(::getpid()));
};

}  // namespace systole
