#include "sim/onnx/model_file.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sim/config/error_log.hpp"
#include "sim/config/unreadable.hpp"
#include "sim/onnx/node_error.hpp"

namespace systole::onnx {
namespace {

constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 31;  // protocol buffers end there
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxName = 100;

bool is_standard(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

file::ModelProto parsed(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream in{path, std::ios::binary};
  if (error || !in) {
    throw ConfigError{{path + ": " + why_not_read(path)}};
  }
  if (size >= kMaxBytes) {
    throw ConfigError{{path + ": has 2 GiB or more, expected less"}};
  }
  file::ModelProto model;
  google::protobuf::io::IstreamInputStream stream{&in};
  google::protobuf::io::CodedInputStream coded{&stream};
  coded.SetRecursionLimit(kMaxDepth);
  const bool is_parsed = model.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
  if (in.bad()) {
    throw ConfigError{{path + ": cannot be read to its end"}};
  }
  if (!is_parsed) {
    throw ConfigError{{path + ": is damaged, or no ONNX model"}};
  }
  return model;
}

}  // namespace

std::string printable_name(const std::string& name) {
  std::string text = name.substr(0, kMaxName);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name.size() > kMaxName ? text + "..." : text;
}

ModelFile::ModelFile(const std::string& path) : model_{parsed(path)} {
  if (!model_.has_graph() || model_.opset_import_size() == 0) {
    throw ConfigError{{path + ": is no ONNX model (a graph or its opset is missing)"}};
  }
  for (const file::OperatorSetIdProto& opset : model_.opset_import()) {
    if (!is_standard(opset.domain())) {
      continue;
    }
    if (opset_ != 0 && opset_ != opset.version()) {
      throw ConfigError{{path + ": is of opset " + std::to_string(opset_) + " and of opset " +
                         std::to_string(opset.version()) + ", expected one"}};
    }
    opset_ = opset.version();
  }
  if (opset_ < kFirstOpset || opset_ > kLastOpset) {
    throw ConfigError{{path + ": is of opset " + std::to_string(opset_) + ", expected " +
                       std::to_string(kFirstOpset) + ".." + std::to_string(kLastOpset)}};
  }
}

}  // namespace systole::onnx
