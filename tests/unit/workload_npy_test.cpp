#include "sim/workload/npy.hpp"

#include <algorithm>
#include <string>

#include "tests/unit/workload_test_files.hpp"

namespace systole {
namespace {

using namespace std::string_literals;

class NpyTest : public WorkloadFiles {
 protected:
  /// A file of version 1 with this dictionary, padded as numpy pads it.
  void write_with_header(const std::string& dictionary, const std::string& values) const {
    std::string text = dictionary;
    text.append(63 - (10 + text.size()) % 64, ' ');
    text += '\n';
    write("a.npy", "\x93NUMPY\x01\x00"s + static_cast<char>(text.size() % 256) +
                       static_cast<char>(text.size() / 256) + text + values);
  }

  std::string error_of(const std::string& file) const {
    try {
      read_npy(path(file));
      return "";
    } catch (const NpyError& e) {
      return without_folder(e.what());
    }
  }
};

// The header is what numpy.save writes for this array, character by character.
TEST_F(NpyTest, ReadsWhatNumpyWrites) {
  write_with_header("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }",
                    "\x01\x00\xff\xff\x02\x00\x03\x00\x04\x00\x00\x80"s);
  const NpyArray array = read_npy(path("a.npy"));
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(std::get<std::vector<std::int16_t>>(array.values),
            (std::vector<std::int16_t>{1, -1, 2, 3, 4, -32768}));
  EXPECT_EQ(read_npy_shape(path("a.npy")), (Shape{2, 3}));
}

TEST_F(NpyTest, WritesTheBytesOfNumpy) {
  write_array<std::int16_t>("b.npy", {2, 3}, {1, -1, 2, 3, 4, -32768});
  std::ifstream in{path("b.npy"), std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(bytes.size(), 128U + 12U);
  EXPECT_EQ(bytes.substr(0, 10), "\x93NUMPY\x01\x00\x76\x00"s);
  EXPECT_EQ(bytes.substr(10, 60), "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), } ");
  EXPECT_EQ(bytes.substr(128), "\x01\x00\xff\xff\x02\x00\x03\x00\x04\x00\x00\x80"s);
}

template <typename T>
void expect_round_trip(const std::string& path, const std::vector<T>& values) {
  const Shape shape{static_cast<std::int64_t>(values.size())};
  write_npy(path, NpyArray{shape, values});
  const NpyArray array = read_npy(path);
  EXPECT_EQ(array.shape, shape);
  EXPECT_EQ(std::get<std::vector<T>>(array.values), values);
}

TEST_F(NpyTest, EveryTypeRoundTrips) {
  expect_round_trip<std::int8_t>(path("a.npy"), {-128, 127});
  expect_round_trip<std::uint8_t>(path("a.npy"), {0, 255});
  expect_round_trip<std::int16_t>(path("a.npy"), {-32768, 32767});
  expect_round_trip<std::uint16_t>(path("a.npy"), {0, 65535});
  expect_round_trip<std::int32_t>(path("a.npy"), {INT32_MIN, INT32_MAX});
  expect_round_trip<std::int64_t>(path("a.npy"), {INT64_MIN, INT64_MAX});
  expect_round_trip<float>(path("a.npy"), {-0.1F, 3e38F});
  expect_round_trip<double>(path("a.npy"), {-0.1, 1e300});
}

TEST_F(NpyTest, TensorIsWrittenInTheNarrowestTypeOfItsFormat) {
  const TensorData data{0, 1};
  const auto type_of = [&](ElementFormat format) {
    write_npy(path("a.npy"), data, {2}, format);
    return npy_type_name(read_npy(path("a.npy")).values);
  };
  EXPECT_EQ(type_of({8, true}), "int8");
  EXPECT_EQ(type_of({4, false}), "uint8");
  EXPECT_EQ(type_of({9, true}), "int16");
  EXPECT_EQ(type_of({16, false}), "uint16");
  EXPECT_EQ(type_of({32, true}), "int32");
}

TEST_F(NpyTest, ScalarsAndOneDimensionAreRead) {
  write_with_header("{'descr': '|i1', 'fortran_order': False, 'shape': (), }", "\x05");
  EXPECT_EQ(read_npy(path("a.npy")).shape, Shape{});
  write_with_header("{'descr': '|i1', 'fortran_order': True, 'shape': (1,), }", "\x05");
  EXPECT_EQ(read_npy(path("a.npy")).shape, Shape{1});
}

TEST_F(NpyTest, SizeOfTheFileMustBeWhatTheHeaderSays) {
  write_with_header("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", "1234567");
  EXPECT_EQ(error_of("a.npy"),
            "a.npy: truncated: its header asks for 8 bytes of values, the file holds 7");
  write_with_header("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", "123456789");
  EXPECT_EQ(error_of("a.npy"),
            "a.npy: too long: its header asks for 8 bytes of values, the file holds 9");
}

// Memory is taken only for what the file really holds.
TEST_F(NpyTest, HugeShapesAreRefusedBeforeAnythingIsAllocated) {
  write_with_header("{'descr': '|i1', 'fortran_order': False, 'shape': (2147483648,), }", "");
  EXPECT_EQ(error_of("a.npy"),
            "a.npy: truncated: its header asks for 2147483648 bytes of values, the file holds 0");
  write_with_header("{'descr': '|i1', 'fortran_order': False, 'shape': (9223372036854775807, 4), }",
                    "");
  EXPECT_EQ(error_of("a.npy"), "a.npy: its header asks for more than 2^31 elements");
  write_with_header("{'descr': '|i1', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                    "");
  EXPECT_EQ(error_of("a.npy"), "a.npy: its header asks for more than 2^31 elements");
}

TEST_F(NpyTest, WhatIsWrongInAHeaderIsNamed) {
  const auto error = [this](const std::string& dictionary) {
    write_with_header(dictionary, "");
    const std::string start = "a.npy: its .npy header cannot be read: ";
    const std::string text = error_of("a.npy");
    EXPECT_EQ(text.rfind(start, 0), 0U) << text;
    return text.substr(std::min(start.size(), text.size()));
  };
  EXPECT_EQ(error("{'descr': '|i1', 'shape': (1,), }"), "expected the key fortran_order");
  EXPECT_EQ(error("{'dtype': '|i1'}"),
            "expected the keys descr, fortran_order and shape, found 'dtype'");
  EXPECT_EQ(error("{'fortran_order': no}").substr(0, 36), "expected True or False, found 'no}  ");
  EXPECT_EQ(error("{'shape': (2, -1)}").substr(0, 28), "expected a size, found '-1)}");
  EXPECT_EQ(error("{'shape': [2, 1]}").substr(0, 29), "expected (, found '[2, 1]}   ");
  EXPECT_EQ(error("{'descr': '|i1}").substr(0, 33), "expected a quote behind the text,");
}

TEST_F(NpyTest, BytesHaveNoOrder) {
  for (const char* const type : {"<i1", ">i1", "=i1", "|i1", "i1"}) {
    write_with_header(
        std::string{"{'descr': '"} + type + "', 'fortran_order': False, 'shape': (1,), }", "\x05");
    EXPECT_EQ(npy_type_name(read_npy(path("a.npy")).values), "int8") << type;
  }
}

TEST_F(NpyTest, EveryPrefixOfAFileIsAnError) {
  write_array<std::int32_t>("whole.npy", {2}, {1, 2});
  std::ifstream in{path("whole.npy"), std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    write("a.npy", bytes.substr(0, length));
    EXPECT_NE(error_of("a.npy"), "") << length;
  }
}

TEST_F(NpyTest, WhatIsNoArrayIsNamed) {
  write("a.npy", "not an array");
  EXPECT_EQ(error_of("a.npy"), "a.npy: is not a .npy file");
  EXPECT_EQ(error_of("b.npy"), "b.npy: no such file");
  write("a.npz", "PK\x03\x04 and more");
  EXPECT_EQ(error_of("a.npz"),
            "a.npz: is not a .npy file but an archive of such (.npz), expected one of them");
  EXPECT_EQ(error_of("."), ".: cannot be read, expected a regular file");
  write("a.npy", "\x93NUMPY\x09\x00\x10\x00"s + std::string(64, ' '));
  EXPECT_EQ(error_of("a.npy"), "a.npy: is of .npy version 9, expected 1 to 3");
}

// Memory at 0 is a file that opens and gives an error when it is read.
TEST_F(NpyTest, AFileThatGivesAnErrorIsNotCalledTruncated) {
  try {
    read_npy("/proc/self/mem");
    FAIL() << "read";
  } catch (const NpyError& error) {
    EXPECT_STREQ(error.what(), "/proc/self/mem: cannot be read to its end");
  }
  write("a.npy", "\x93NUMPY\x01\x00\x10"s);
  EXPECT_EQ(error_of("a.npy"), "a.npy: truncated: the file ends inside its .npy header");
}

TEST_F(NpyTest, TypesAndOrdersThatWeDoNotReadAreNamed) {
  write_with_header("{'descr': '>i4', 'fortran_order': False, 'shape': (1,), }", "1234");
  EXPECT_EQ(error_of("a.npy"), "a.npy: type '>i4' is big endian, expected little endian");
  write_with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "1234");
  EXPECT_EQ(error_of("a.npy"),
            "a.npy: type '|O' cannot be used, expected one of int8, uint8, int16, uint16, int32, "
            "int64, float32, float64");
  write_with_header("{'descr': '|i\0', 'fortran_order': False, 'shape': (1,), }"s, "1234");
  EXPECT_EQ(error_of("a.npy").substr(0, 57),
            "a.npy: type '|i\\x00' cannot be used, expected one of int8")
      << "none of it is cut";
  write_with_header("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 2), }", "1234");
  EXPECT_EQ(error_of("a.npy"),
            "a.npy: is in Fortran order, expected C order (numpy.ascontiguousarray)");
}

TEST_F(NpyTest, FileThatCannotBeWrittenIsAnErrorAndLeavesNothing) {
  EXPECT_THROW(write_npy(path("no/such/folder.npy"), NpyArray{{}, std::vector<float>{1}}),
               std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(path("no")));
}

}  // namespace
}  // namespace systole
