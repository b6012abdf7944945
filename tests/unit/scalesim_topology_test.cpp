#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "sim/config/error_log.hpp"
#include "sim/scalesim/topology.hpp"

namespace systole {
namespace {

constexpr const char* kConvHeader = "Layer name, IFMAP Height, IFMAP Width, Filter Height,\n";
constexpr const char* kGemmHeader = "Layer, M, N, K,\n";

Network read(const std::string& text, std::optional<TopologyKind> kind = {}) {
  return read_topology(text, "folder/net.csv", kind);
}

std::string errors(const std::string& text, std::optional<TopologyKind> kind = {}) {
  try {
    read(text, kind);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

GemmShape gemm(const Network& network, std::size_t layer) {
  return gemm_shape(network, network.layers.at(layer));
}

TEST(ScaleSimTopology, RowsAreConvolutionsEachWithItsOwnIfmap) {
  const Network network =
      read(std::string{kConvHeader} + "\nA , 7,9 ,3,2, 5, 8, 1,\r\n  B,4,4,1,1,2,3,1,\n");
  EXPECT_EQ(network.name, "net");
  ASSERT_EQ(network.layers.size(), 2U);
  EXPECT_EQ(network.layers[0].name, "A");
  EXPECT_EQ(network.tensor(network.layers[0].inputs[0]).shape, (Shape{1, 7, 9, 5}));
  EXPECT_EQ(network.tensor(network.layers[0].inputs[1]).shape, (Shape{8, 3, 2, 5}));
  EXPECT_EQ(network.tensor(network.layers[0].output).shape, (Shape{1, 5, 8, 8}));
  EXPECT_EQ(op_name(network, network.layers[1]), "conv2d");
  EXPECT_EQ(network.inputs.size(), 2U);
  EXPECT_EQ(network.outputs.size(), 2U);
  EXPECT_FALSE(network.has_data());
}

TEST(ScaleSimTopology, RowsOfAGemmAreMatrixProducts) {
  const Network network = read(std::string{kGemmHeader} + "L0,196,192,384,\n");
  EXPECT_EQ(op_name(network, network.layers.at(0)), "matmul");
  EXPECT_EQ(gemm(network, 0).m, 196);
  EXPECT_EQ(gemm(network, 0).n, 192);
  EXPECT_EQ(gemm(network, 0).k, 384);
  EXPECT_FALSE(network.has_data());
}

// (224 - 11) / 4 is no whole number: SCALE-Sim counts 55 rows, an ordinary convolution 54.
TEST(ScaleSimTopology, APartialLastWindowIsAWholeOutput) {
  const Network network = read(std::string{kConvHeader} + "Conv1,224,224,11,11,3,96,4,\n");
  EXPECT_EQ(gemm(network, 0).m, 55 * 55);
  EXPECT_EQ(gemm(network, 0).macs, 105'415'200);
  EXPECT_EQ(std::get<Conv2d>(network.layers[0].op).window.pad_bottom, 3);
  EXPECT_EQ(std::get<Conv2d>(network.layers[0].op).window.pad_top, 0);
}

TEST(ScaleSimTopology, ARowNamedDpIsOneConvolutionForEachChannel) {
  const Network network = read(std::string{kConvHeader} + "DP1,6,6,3,3,4,2,1,\n");
  ASSERT_EQ(network.layers.size(), 4U);
  EXPECT_EQ(network.layers[3].name, "DP1Channel_3");
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(gemm(network, i).m, 16);
    EXPECT_EQ(gemm(network, i).n, 2);
    EXPECT_EQ(gemm(network, i).k, 9);
  }
}

TEST(ScaleSimTopology, ANameThatComesTwiceIsTold) {
  const Network network = read(std::string{kGemmHeader} + "a,1,1,1,\na_2,1,1,1,\na,1,1,1,\n");
  EXPECT_EQ(network.layers[1].name, "a_2");
  EXPECT_EQ(network.layers[2].name, "a_2_2");
}

TEST(ScaleSimTopology, TheUserSaysWhatAHeaderDoesNot) {
  const std::string text = "Layer, , ,\na,1,2,3,\n";
  EXPECT_EQ(errors(text),
            "folder/net.csv:1:1: the header names neither filters nor M, N and K in this order; "
            "expected one that does, or --topology conv or gemm");
  EXPECT_EQ(gemm(read(text, TopologyKind::Gemm), 0).k, 3);
}

TEST(ScaleSimTopology, EveryMistakeIsOneLineWithItsPlace) {
  EXPECT_EQ(errors(std::string{kConvHeader} + "a,1,2,\n,5,5,9,9,1,1,1,\nc,5,5,3,3,1,x,0,\n"
                                              "d,5,5,3,3,1,1,1,2:4,\ne,5,5,3,3,1,1,1,1:1, more\n"
                                              "f,5,5,6,3,1,1,1,\n"),
            "folder/net.csv:2:7: filter height: expected a whole number, found ''\n"
            "folder/net.csv:2:7: filter width: missing: the row has 4 fields, expected 8 and a "
            "comma\n"
            "folder/net.csv:3:1: name: missing\n"
            "folder/net.csv:4:13: filters: expected a whole number, found 'x'\n"
            "folder/net.csv:4:15: stride: 0 is out of range, expected 1..1048576\n"
            "folder/net.csv:5:17: sparsity: '2:4': sparse filters are not modelled, expected none "
            "or 1:1\n"
            "folder/net.csv:6:22: 'more' stands behind the last column, expected nothing\n"
            "folder/net.csv:7:1: f: the filter is 6 x 3, expected at most the ifmap's 5 x 5");
  EXPECT_EQ(errors(std::string{kGemmHeader} + "a,99999999999999999999,1,-99999999999999999999,\n"),
            "folder/net.csv:2:3: M: 99999999999999999999 is out of range, expected 1..1073741824\n"
            "folder/net.csv:2:26: K: -99999999999999999999 is out of range, expected "
            "1..1073741824");
  EXPECT_EQ(errors(kConvHeader),
            "folder/net.csv:1:1: holds no layers, expected a header and one line for each");
  EXPECT_NE(errors("").find("holds no layers"), std::string::npos);
  EXPECT_EQ(errors("a,1,2,3,\n", TopologyKind::Gemm),
            "folder/net.csv:1:1: the first line is skipped, as SCALE-Sim does, and this one is a "
            "layer; expected a header");
}

// A layer is as large as its padding, and padding is up to a stride.
TEST(ScaleSimTopology, StridesAreAtMostThoseOfYaml) {
  const std::string layer = "a,7,7,3,3,1,1,";
  EXPECT_EQ(errors(kConvHeader + layer + "1073741824,\n"),
            "folder/net.csv:2:15: stride: 1073741824 is out of range, expected 1..1048576");
  EXPECT_EQ(read(kConvHeader + layer + "1048576,\n").layers.size(), 1U);
}

TEST(ScaleSimTopology, TensorsThatNoMachineHoldsAreRefused) {
  EXPECT_EQ(errors(std::string{kGemmHeader} + "a,1073741824,1,1073741824,\n"),
            "folder/net.csv:2:1: a: the first matrix of 1073741824 x 1073741824 has more than 2^31 "
            "elements, expected fewer");
  EXPECT_EQ(
      errors(std::string{kConvHeader} + "a,1073741824,1073741824,1,1,1073741824,1,1,\n"),
      "folder/net.csv:2:1: a: the ifmap of 1073741824 x 1073741824 x 1073741824 has more than 2^31 "
      "elements, expected fewer");
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in{line};
  for (std::string field; std::getline(in, field, ',');) {
    fields.push_back(field);
  }
  return fields;
}

// Its own topologies, and the matrix products that SCALE-Sim v3 makes of them.
TEST(ScaleSimTopology, EveryLayerHasTheProductsThatScaleSimItselfCounts) {
  const std::filesystem::path data =
      std::filesystem::path{SYSTOLE_SOURCE_DIR} / ".." / "shared" / "data" / "scalesim";
  std::ifstream table{data / "layers.csv"};
  if (!table) {
    GTEST_SKIP() << "no " << data << ": SCALE-Sim's own topologies are not checked";
  }
  std::string line;
  std::getline(table, line);
  std::map<std::string, std::size_t> column;
  for (const std::string& name : split(line)) {
    column.emplace(name, column.size());
  }
  std::map<std::string, Network> networks;
  std::size_t rows = 0;
  while (std::getline(table, line)) {
    const std::vector<std::string> fields = split(line);
    const std::string& topology = fields.at(column.at("topology"));
    const std::filesystem::path file = data / "topologies" / (topology + ".csv");
    if (networks.count(topology) == 0) {
      networks.emplace(topology, load_topology(file.string(), std::nullopt));
    }
    const Network& network = networks.at(topology);
    const GemmShape shape = gemm(network, std::stoul(fields.at(column.at("layer_id"))));
    const auto number = [&](const char* name) { return std::stoll(fields.at(column.at(name))); };
    EXPECT_EQ(shape.m, number("M")) << line;
    EXPECT_EQ(shape.n, number("N")) << line;
    EXPECT_EQ(shape.k, number("K")) << line;
    EXPECT_EQ(shape.macs, number("macs")) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 1629U);
}

TEST(Topology, AFileThatGivesAnErrorIsNamed) {
  const std::string memory = "/proc/self/mem";  // at 0 there is none
  try {
    load_topology(memory, std::nullopt);
    FAIL() << "read";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(), memory + ": cannot be read to its end");
  }
}

TEST(Topology, NamesHaveNoControlCharacters) {
  EXPECT_EQ(errors(std::string{kGemmHeader} + "a\x1B[31m, 4, 4, 4,\n"),
            "folder/net.csv:2:1: name: 'a\\x1b[31m' has a control character");
}

TEST(Topology, NamesAreUtf8) {
  EXPECT_EQ(errors(std::string{kGemmHeader} + "a\xFF, 4, 4, 4,\nb, 4, \x1B, 4,\n"),
            "folder/net.csv:2:1: name: 'a\\xff' is not UTF-8 text\n"
            "folder/net.csv:3:7: N: expected a whole number, found '\\x1b'");
  EXPECT_EQ(read_topology(std::string{kGemmHeader} + "a, 4, 4, 4,\n", "n\xFF.csv", {}).name,
            "n\\xff");
}

}  // namespace
}  // namespace systole
