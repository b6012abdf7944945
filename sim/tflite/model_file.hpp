#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model_generated.h"

namespace systole::tflite {

/// A verified flatbuffer: every offset in it stays within the file.
class ModelFile {
 public:
  /// Throws ConfigError.
  explicit ModelFile(const std::string& path);

  const file::Model& model() const { return *file::GetModel(bytes_.data()); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace systole::tflite
