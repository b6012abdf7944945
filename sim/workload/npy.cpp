#include "sim/workload/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "sim/config/suggestion.hpp"
#include "sim/config/unreadable.hpp"
#include "sim/files/atomic_file.hpp"

namespace systole {
namespace {

// The format is described in numpy.lib.format: magic, version, header length, a Python
// dictionary as text, then the values.
constexpr std::string_view kMagic{"\x93NUMPY", 6};
constexpr std::string_view kZipMagic{"PK"};
constexpr std::uint64_t kMaxHeaderBytes = 65536;
constexpr std::size_t kMaxDimensions = 32;  // numpy's own limit

struct ElementType {
  std::string_view descr;  // byte order, kind, bytes
  std::string_view name;
  NpyValues empty;
};

const std::array<ElementType, 8>& element_types() {
  static const std::array<ElementType, 8> types{{
      {"|i1", "int8", std::vector<std::int8_t>{}},
      {"|u1", "uint8", std::vector<std::uint8_t>{}},
      {"<i2", "int16", std::vector<std::int16_t>{}},
      {"<u2", "uint16", std::vector<std::uint16_t>{}},
      {"<i4", "int32", std::vector<std::int32_t>{}},
      {"<i8", "int64", std::vector<std::int64_t>{}},
      {"<f4", "float32", std::vector<float>{}},
      {"<f8", "float64", std::vector<double>{}},
  }};
  return types;
}

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw NpyError{path + ": " + what};
}

[[noreturn]] void fail_in_header(const std::string& path, const std::string& what) {
  fail(path, "its .npy header cannot be read: " + what);
}

struct Header {
  NpyValues values;  // empty, of the file's type
  Shape shape;
  std::uint64_t bytes = 0;  // of all values
};

/// Reads the dictionary {'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& path) : text_{text}, path_{path} {}

  Header parse() {
    Header header;
    expect('{');
    while (!accept('}')) {
      const std::string key = text();
      expect(':');
      if (key == "descr") {
        descr_ = text();
      } else if (key == "fortran_order") {
        fortran_ = boolean();
      } else if (key == "shape") {
        shape_ = tuple();
      } else {
        fail_in_header(path_,
                       "expected the keys descr, fortran_order and shape, found " + quoted(key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (!text_.empty()) {
      broken("its end");
    }
    if (!descr_ || !fortran_ || !shape_) {
      fail_in_header(path_, std::string{"expected the key "} + (!descr_     ? "descr"
                                                                : !fortran_ ? "fortran_order"
                                                                            : "shape"));
    }
    header.values = values_of(*descr_);
    if (*fortran_ && shape_->size() > 1) {
      fail(path_, "is in Fortran order, expected C order (numpy.ascontiguousarray)");
    }
    header.shape = *std::move(shape_);
    header.bytes = bytes_of(header);
    return header;
  }

 private:
  [[noreturn]] void broken(const std::string& expected) const {
    fail_in_header(path_, "expected " + expected + ", found " +
                              (text_.empty() ? "its end" : quoted(std::string{text_})));
  }

  void skip_spaces() {
    const std::size_t spaces = text_.find_first_not_of(" \n\t");
    text_.remove_prefix(spaces == std::string_view::npos ? text_.size() : spaces);
  }

  bool accept(char c) {
    skip_spaces();
    if (text_.empty() || text_.front() != c) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c)) {
      broken(std::string{c});
    }
  }

  /// In quotes.
  std::string text() {
    expect('\'');
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) {
      broken("a quote behind the text");
    }
    std::string word{text_.substr(0, end)};
    text_.remove_prefix(end + 1);
    return word;
  }

  bool boolean() {
    skip_spaces();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true},
                                      std::pair<std::string_view, bool>{"False", false}}) {
      if (text_.substr(0, word.size()) == word) {
        text_.remove_prefix(word.size());
        return value;
      }
    }
    broken("True or False");
  }

  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      std::int64_t size = -1;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (error == std::errc::result_out_of_range) {
        fail(path_, "its header asks for more than 2^31 elements");
      }
      if (error != std::errc{} || size < 0) {
        broken("a size");
      }
      if (shape.size() == kMaxDimensions) {
        broken("at most " + std::to_string(kMaxDimensions) + " sizes");
      }
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      shape.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  NpyValues values_of(const std::string& descr) const {
    const bool has_order =
        !descr.empty() && std::string_view{"<>=|"}.find(descr[0]) != std::string_view::npos;
    const std::string kind = descr.substr(has_order ? 1 : 0);
    const bool is_byte = kind == "i1" || kind == "u1";  // of which any order is the same
    for (const auto& type : element_types()) {
      if (descr == type.descr || (is_byte && kind == type.descr.substr(1))) {
        return type.empty;
      }
    }
    if (!descr.empty() && descr.front() == '>') {
      fail(path_, "type " + quoted(descr) + " is big endian, expected little endian");
    }
    std::string names;
    for (const auto& type : element_types()) {
      names += (names.empty() ? "" : ", ") + std::string{type.name};
    }
    fail(path_, "type " + quoted(descr) + " cannot be used, expected one of " + names);
  }

  std::uint64_t bytes_of(const Header& header) const {
    std::int64_t elements = 1;
    for (const std::int64_t size : header.shape) {
      if (size != 0 && elements > kMaxTensorElements / size) {
        fail(path_, "its header asks for more than 2^31 elements");
      }
      elements *= size;
    }
    return std::visit(
        [&](const auto& empty) {
          return static_cast<std::uint64_t>(elements) *
                 sizeof(typename std::decay_t<decltype(empty)>::value_type);
        },
        header.values);
  }

  std::string_view text_;
  const std::string& path_;
  std::optional<std::string> descr_;
  std::optional<bool> fortran_;
  std::optional<Shape> shape_;
};

std::ifstream open(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    fail(path, why_not_read(path));
  }
  std::ifstream in{path, std::ios::binary};
  if (!std::filesystem::is_regular_file(status)) {
    fail(path, "cannot be read, expected a regular file");
  }
  if (!in) {
    fail(path, why_not_read(path));
  }
  return in;
}

/// As many bytes of `most` as the file has.
std::string take_up_to(std::ifstream& in, std::size_t most, const std::string& path) {
  std::string text(most, '\0');
  in.read(text.data(), static_cast<std::streamsize>(most));
  if (in.bad()) {
    fail(path, "cannot be read to its end");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::string take(std::ifstream& in, std::size_t bytes, const std::string& path) {
  std::string text = take_up_to(in, bytes, path);
  if (text.size() < bytes) {
    fail(path, "truncated: the file ends inside its .npy header");
  }
  return text;
}

/// Leaves `in` at the first value; the file is known to hold them all.
Header read_header(std::ifstream& in, const std::string& path) {
  const std::uint64_t file_bytes = std::filesystem::file_size(path);
  const std::string start = take_up_to(in, 8, path);
  if (start.substr(0, kMagic.size()) != kMagic) {
    fail(path, start.substr(0, kZipMagic.size()) == kZipMagic
                   ? "is not a .npy file but an archive of such (.npz), expected one of them"
                   : "is not a .npy file");
  }
  if (start.size() < 8) {
    fail(path, "truncated: the file ends inside its .npy header");
  }
  const int version = static_cast<unsigned char>(start[6]);
  if (version < 1 || version > 3) {
    fail(path, "is of .npy version " + std::to_string(version) + ", expected 1 to 3");
  }
  const std::string length = take(in, version == 1 ? 2 : 4, path);
  std::uint64_t header_bytes = 0;
  for (std::size_t i = 0; i < length.size(); ++i) {
    header_bytes |= std::uint64_t{static_cast<unsigned char>(length[i])} << (8 * i);
  }
  if (header_bytes > kMaxHeaderBytes) {
    fail_in_header(path, "it has " + std::to_string(header_bytes) + " bytes, expected at most " +
                             std::to_string(kMaxHeaderBytes));
  }
  const std::string text = take(in, header_bytes, path);
  Header header = HeaderParser{text, path}.parse();
  const std::uint64_t held = file_bytes - (8 + length.size() + header_bytes);
  if (held != header.bytes) {
    fail(path, (held < header.bytes ? "truncated: its header asks for "
                                    : "too long: its header asks for ") +
                   std::to_string(header.bytes) + " bytes of values, the file holds " +
                   std::to_string(held));
  }
  return header;
}

std::string header_text(const NpyArray& array) {
  std::string shape;  // as Python writes a tuple: (), (2,), (2, 3)
  for (const std::int64_t size : array.shape) {
    shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  }
  shape += array.shape.size() == 1 ? "," : "";
  std::string text = "{'descr': '" + std::string{element_types().at(array.values.index()).descr} +
                     "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::size_t kPrefix = 10;  // magic, version, length
  constexpr std::size_t kAlignment = 64;
  text.append(kAlignment - 1 - (kPrefix + text.size()) % kAlignment, ' ');
  text += '\n';
  return std::string{kMagic} +
         std::string{'\1', '\0', static_cast<char>(text.size() & 0xFF),
                     static_cast<char>(text.size() >> 8)} +
         text;
}

template <typename T>
NpyArray narrowed(const TensorData& data, const Shape& shape) {
  std::vector<T> values(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    values[i] = static_cast<T>(data[i]);
  }
  return {shape, std::move(values)};
}

}  // namespace

NpyArray read_npy(const std::string& path) {
  std::ifstream in = open(path);
  Header header = read_header(in, path);
  std::visit(
      [&](auto& values) {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        values.resize(header.bytes / sizeof(Element));
        std::vector<char> bytes(header.bytes);
        if (!in.read(bytes.data(), static_cast<std::streamsize>(header.bytes))) {
          fail(path, "cannot be read to its end");
        }
        if (header.bytes > 0) {
          std::memcpy(values.data(), bytes.data(), header.bytes);
        }
      },
      header.values);
  return {std::move(header.shape), std::move(header.values)};
}

Shape read_npy_shape(const std::string& path) {
  std::ifstream in = open(path);
  return read_header(in, path).shape;
}

std::string npy_type_name(const NpyValues& values) {
  return std::string{element_types().at(values.index()).name};
}

void write_npy(const std::string& path, const NpyArray& array) {
  std::string text = header_text(array);
  std::visit(
      [&](const auto& values) {
        using Element = typename std::decay_t<decltype(values)>::value_type;
        const std::size_t header = text.size();
        text.resize(header + values.size() * sizeof(Element));
        if (!values.empty()) {
          std::memcpy(text.data() + header, values.data(), values.size() * sizeof(Element));
        }
      },
      array.values);
  write_file_atomically(path, text);
}

void write_npy(const std::string& path, const TensorData& data, const Shape& shape,
               ElementFormat format) {
  if (format.is_float) {
    std::vector<float> values(data.size());
    static_assert(sizeof(float) == sizeof data[0]);
    std::memcpy(values.data(), data.data(), data.size() * sizeof(float));
    write_npy(path, NpyArray{shape, std::move(values)});
    return;
  }
  const int bits = format.bits;
  if (format.is_signed) {
    write_npy(path, bits <= 8    ? narrowed<std::int8_t>(data, shape)
                    : bits <= 16 ? narrowed<std::int16_t>(data, shape)
                                 : narrowed<std::int32_t>(data, shape));
  } else {
    write_npy(path, bits <= 8    ? narrowed<std::uint8_t>(data, shape)
                    : bits <= 16 ? narrowed<std::uint16_t>(data, shape)
                                 : narrowed<std::int64_t>(data, shape));
  }
}

}  // namespace systole
