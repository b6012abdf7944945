#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;
using Matrix = std::vector<std::vector<int>>;

std::string drawn(const std::string& dataflow, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"show", "array", "--set", "array.dataflow=" + dataflow};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = systole(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome.out;
}

/// What left at the bottom, by the number that stands beside it.
std::map<int, std::vector<int>> bottom_rows(const std::string& text) {
  std::map<int, std::vector<int>> rows;
  for (const std::string& line : lines(text)) {
    std::istringstream words{line};
    std::string word;
    if (!(words >> word) || word != "bottom") {
      continue;
    }
    std::vector<int> values;
    for (int value = 0; words >> value;) {
      values.push_back(value);
    }
    const std::string note = line.substr(line.find('('));
    rows[std::stoi(note.substr(note.find_first_of("0123456789")))] = values;
  }
  return rows;
}

/// The product by the golden model: int8, as its scale is 1 and nothing is clamped.
Matrix golden_product() {
  const TemporaryFolder folder;
  const Outcome outcome = systole(
      {"golden", "-w", "workloads/product_4x4/product_4x4.yaml", "--dump", folder.path().string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string npy = read_file(folder.file("product.npy"));
  Matrix product(4, std::vector<int>(4));
  for (std::size_t i = 0; i < 16; ++i) {
    product[i / 4][i % 4] = static_cast<signed char>(npy[npy.size() - 16 + i]);
  }
  return product;
}

/// The product's rows, if `columns` its columns, by ascending number.
void expect_leaves(const std::string& dataflow, bool columns) {
  const Matrix product = golden_product();
  const auto rows = bottom_rows(drawn(dataflow));
  ASSERT_EQ(rows.size(), 4U) << dataflow;
  std::size_t i = 0;
  for (const auto& [number, row] : rows) {
    ASSERT_EQ(row.size(), 4U);
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_EQ(row[j], columns ? product[j][i] : product[i][j])
          << dataflow << ' ' << i << ' ' << j;
    }
    ++i;
  }
}

// Written by: systole show array --set array.dataflow=DATAFLOW
TEST(CliShowArray, DrawsEachDataflowAsTheFilesBesideThisTest) {
  for (const char* const dataflow :
       {"weight_stationary", "output_stationary", "input_stationary"}) {
    EXPECT_EQ(drawn(dataflow), read_file(std::string{SYSTOLE_SOURCE_DIR} +
                                         "/tests/system/show_array_" + dataflow + ".expected"));
  }
}

TEST(CliShowArray, WhatLeavesIsTheGoldenProduct) {
  expect_leaves("weight_stationary", false);
  expect_leaves("output_stationary", false);
  expect_leaves("input_stationary", true);
}

TEST(CliShowArray, LinesOfAPictureAreEquallyLong) {
  std::size_t length = 0;
  for (const std::string& line : lines(drawn("weight_stationary"))) {
    if (line.rfind("  row", 0) == 0) {
      length = length == 0 ? line.size() : length;
      EXPECT_EQ(line.size(), length) << line;
    }
  }
  EXPECT_GT(length, 0U);
}

TEST(CliShowArray, DrawsTheCyclesAndTheLayerThatAreAskedFor) {
  const std::string digits = "workloads/digits_cnn/digits_cnn.yaml";
  const std::string all = drawn("weight_stationary", {"-w", digits, "--layer", "fc9"});
  EXPECT_THAT(all, HasSubstr("\nlayer fc9\n"));
  EXPECT_EQ(all.find("layer conv1"), std::string::npos);
  EXPECT_THAT(all, HasSubstr("more cycles: --cycles FIRST:END chooses"));
  const std::string product = drawn("weight_stationary");
  const std::size_t cycle = product.find("\ncycle ");
  const std::string first = product.substr(cycle + 7, product.find('\n', cycle + 1) - cycle - 7);
  const std::string one =
      drawn("weight_stationary", {"--cycles", first + ":" + std::to_string(std::stoi(first) + 1)});
  EXPECT_EQ(std::count(one.begin(), one.end(), '|'), 16);
  EXPECT_THAT(drawn("weight_stationary", {"--cycles", "0:1"}),
              HasSubstr("nothing moves through the PEs in these cycles"));
}

// The product of the pictures above, its operands of 4 bits: 4 products a PE, one fold in two rows.
TEST(CliShowArray, OfComposablePesDrawsTheLanesOfTheProductsThatTheyForm) {
  const std::vector<std::string> machine{"--set", "array.pe=composable", "--set", "array.rows=2"};
  const std::string one = drawn("weight_stationary", machine);
  EXPECT_THAT(one, HasSubstr("\n  top    1 0 2 -1   (weights, on their way down to row 0)\n"));
  EXPECT_THAT(one, HasSubstr("\n  left   1 2   (ifmap, one for each row)\n"));

  const TemporaryFolder folder;
  const std::string product = std::string{SYSTOLE_SOURCE_DIR} + "/workloads/product_4x4/";
  write_file(folder.file("narrow.yaml"),
             "name: narrow\n"
             "inputs:\n"
             "  - {name: a, shape: [4, 4], scale: 1.0, bits: 4}\n"
             "images: " +
                 product +
                 "a.npy\n"
                 "outputs: [product]\n"
                 "layers:\n"
                 "  - name: product\n"
                 "    op: matmul\n"
                 "    inputs: [a]\n"
                 "    weights: {file: " +
                 product +
                 "b.npy, scale: 1.0, bits: 4}\n"
                 "    output: {scale: 1.0}\n"
                 "    mapping: {tile_ow: 4}\n");
  std::vector<std::string> narrow = machine;
  narrow.insert(narrow.end(), {"-w", folder.file("narrow.yaml")});
  const std::string four = drawn("weight_stationary", narrow);
  EXPECT_THAT(four, HasSubstr("\n  top    1 0 2 -1 | 3 1 0 2 | -2 1 1 0 | 1 -3 2 1   (weights of 4 "
                              "products, on their way down to row 0)\n"));
  EXPECT_THAT(four, HasSubstr("\n  left   1 2 3 4 | 0 0 0 0   (ifmap, 4 for each row)\n"));
  EXPECT_THAT(drawn("output_stationary", narrow),
              HasSubstr("\n  left   1 2 3 4 | 2 0 1 -1   (ifmap, 4 for each row)\n"));
}

TEST(CliShowArray, RefusesWhatItCannotDraw) {
  const auto refusal = [](const std::vector<std::string>& words) {
    const Outcome outcome = systole(words);
    EXPECT_EQ(outcome.exit_code, 2);
    return outcome.err;
  };
  EXPECT_THAT(refusal({"show", "array", "-a", "configs/edge_32x32.yaml"}),
              HasSubstr("an array of 32 x 32 PEs is too large to draw"));
  EXPECT_THAT(refusal({"show", "array", "--layer", "prodct"}), HasSubstr("did you mean 'product'"));
  EXPECT_THAT(refusal({"show", "array", "--cycles", "3"}), HasSubstr("expected FIRST:END"));
}

}  // namespace
}  // namespace systole::test
