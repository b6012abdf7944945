#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systole::test {

struct TfliteSeed {
  std::string name;  ///< of a file
  std::vector<std::uint8_t> bytes;
};

/// Small models that between them have the operators of TensorFlow Lite that Systole reads.
std::vector<TfliteSeed> tflite_seeds();

}  // namespace systole::test
