#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "sim/network/tensor.hpp"

namespace systole {

/// A .npy file that cannot be read or written: "FILE: what is wrong".
class NpyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Elements in row-major order; the alternative is the file's type.
using NpyValues =
    std::variant<std::vector<std::int8_t>, std::vector<std::uint8_t>, std::vector<std::int16_t>,
                 std::vector<std::uint16_t>, std::vector<std::int32_t>, std::vector<std::int64_t>,
                 std::vector<float>, std::vector<double>>;

struct NpyArray {
  Shape shape;
  NpyValues values;
};

/// Most elements of one tensor; larger ones are refused before anything is allocated.
constexpr std::int64_t kMaxTensorElements = std::int64_t{1} << 31;

/// Reads a .npy file, versions 1 to 3 of the format, little endian, C order. The header
/// is held against the size of the file before memory is taken for the values, which
/// is why this is not xtensor's reader (xnpy.hpp): that one allocates what the header asks for.
NpyArray read_npy(const std::string& path);

/// The shape alone, with all checks of read_npy.
Shape read_npy_shape(const std::string& path);

/// "int8", "float32"...: numpy's name of the array's type.
std::string npy_type_name(const NpyValues& values);

/// Writes the whole file or nothing; throws what write_file_atomically does.
void write_npy(const std::string& path, const NpyArray& array);

/// The same for a tensor, in the narrowest type that holds its format.
void write_npy(const std::string& path, const TensorData& data, const Shape& shape,
               ElementFormat format);

}  // namespace systole
