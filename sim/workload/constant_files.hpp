#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/reader.hpp"
#include "sim/network/tensor.hpp"

namespace systole {

/// Weights or a bias as a file gives them.
struct Constant {
  Shape shape;
  std::optional<TensorData> data;                  ///< absent for shapes only
  std::optional<ValueRange> range = std::nullopt;  ///< see Tensor
};

/// What a workload's keys name in .npy files beside it. Errors go to the reader at the
/// key; what is given back after one is empty.
class ConstantFiles {
 public:
  /// `workload` is the path of the YAML file: other paths count from its folder.
  ConstantFiles(const std::string& workload, bool shapes_only);

  /// Where the file that a key names lies.
  std::string resolve(const std::string& file) const;

  /// Whether the file that a key names is to be read. With shapes only, one whose shape other keys
  /// give need not be there, and is read where it is if its values matter: those with a zero point.
  bool reads(ConfigReader& reader, const std::string& key, bool has_shape,
             std::int32_t zero_point) const;

  /// The integers of a tensor, each checked against the format.
  std::optional<Constant> tensor(ConfigReader& reader, const std::string& key, ElementFormat format,
                                 std::int32_t zero_point) const;

  /// A scale, a list of scales, or the name of a .npy file of scales: finite and above 0.
  std::vector<float> scales(ConfigReader& reader, const std::string& key) const;

  /// A list of integers, or the name of a .npy file of integers.
  std::vector<std::int32_t> integers(ConfigReader& reader, const std::string& key,
                                     InRange<std::int32_t> range) const;

  bool shapes_only() const { return shapes_only_; }

 private:
  std::string folder_;
  bool shapes_only_;
};

/// Positive numbers that a float32 holds.
struct ScaleRange {
  bool operator()(double value) const;
  std::string expected(const std::string& kind) const;
};

/// "element [1, 0, 2] ": where the flat index lies in the shape.
std::string element_text(const Shape& shape, std::size_t index);

}  // namespace systole
