// A float model that PyTorch exports goes through `systole quantize` and `systole run` as it is.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "sim/float_onnx/float_onnx.hpp"
#include "sim/quantize/float_executor.hpp"
#include "sim/quantize/float_trace.hpp"
#include "sim/workload/npy.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

class QuantizeOnnx : public ::testing::Test {
 protected:
  /// The model, images and PyTorch's outputs; skips the test where there is no PyTorch.
  void SetUp() override {
    for (const char* const python : {"/usr/bin/python3", "python3"}) {
      const std::string command = std::string{python} +
                                  " " SYSTOLE_SOURCE_DIR "/scripts/export_torch_network.py " +
                                  folder_.path().string() + " > /dev/null 2>&1";
      const std::string has_torch = std::string{python} + " -c 'import torch' > /dev/null 2>&1";
      if (std::system(has_torch.c_str()) == 0) {  // NOLINT: paths of our own
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
        return;
      }
    }
    std::cout << "PyTorch (python3-torch) is not here: its export is not tested\n";
    GTEST_SKIP();
  }

  TemporaryFolder folder_;
};

TEST_F(QuantizeOnnx, FloatLayersComputeWhatPyTorchComputes) {
  const quantize::FloatNetwork network = quantize::load_float_onnx(folder_.file("float.onnx"));
  const quantize::FloatImages images =
      quantize::load_float_images(network, folder_.file("images.npy"), "");
  const quantize::Activations outputs = quantize::run_float(network, images.values, images.count);
  const auto expected = std::get<std::vector<float>>(read_npy(folder_.file("outputs.npy")).values);
  ASSERT_EQ(outputs.size(), expected.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_NEAR(outputs[i], expected[i], 1e-5) << i;
  }
}

TEST_F(QuantizeOnnx, ExportIsQuantizedAndRunsOnTheMachineUntouched) {
  const Outcome quantized = systole({"quantize", "-w", folder_.file("float.onnx"), "--calibrate",
                                     folder_.file("images.npy"), "-o", folder_.file("net")});
  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  const auto report = nlohmann::json::parse(read_file(folder_.file("net/quantization.json")));
  EXPECT_GT(report["layers"].back()["activations"]["network_sqnr_db"], 25.0);
  const Outcome run =
      systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w", folder_.file("net/net.yaml"), "-i",
               folder_.file("images.npy"), "--images", "2", "--json", folder_.file("run.json")});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(nlohmann::json::parse(read_file(folder_.file("run.json")))["totals"]["check"], "pass");
}

}  // namespace
}  // namespace systole::test
