// Writes the seeds of tflite_fuzz into a folder. Each must load.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sim/config/error_log.hpp"
#include "sim/tflite/tflite.hpp"
#include "tests/support/tflite_seeds.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: tflite_seeds FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder{arguments[1]};
  std::filesystem::create_directories(folder);
  bool all_load = true;
  for (const systole::test::TfliteSeed& seed : systole::test::tflite_seeds()) {
    const std::filesystem::path path = folder / seed.name;
    std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(seed.bytes.data()),
                                                static_cast<std::streamsize>(seed.bytes.size()));
    try {
      systole::load_tflite(path.string());
    } catch (const systole::ConfigError& error) {
      std::fprintf(stderr, "%s\n", error.what());
      all_load = false;
    }
  }
  return all_load ? 0 : 1;
}
