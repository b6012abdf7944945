#include "sim/scalesim/topology.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "sim/config/checked_yaml.hpp"
#include "sim/config/escaped.hpp"
#include "sim/network/ceil_div.hpp"
#include "sim/scalesim/topology_text.hpp"

namespace systole {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 31;
constexpr std::size_t kMostLayers = 1'000'000;

class Builder {
 public:
  Builder(Network& network, ErrorLog& log) : network_{network}, log_{log} {}

  void conv(const TopologyRow& row) {
    const std::int64_t h = row.sizes[0], w = row.sizes[1], r = row.sizes[2], s = row.sizes[3];
    const std::int64_t channels = row.sizes[4], filters = row.sizes[5], stride = row.sizes[6];
    if (r > h || s > w) {
      log_.add(row.mark, row.name,
               "the filter is " + std::to_string(r) + " x " + std::to_string(s) +
                   ", expected at most the ifmap's " + std::to_string(h) + " x " +
                   std::to_string(w));
      return;
    }
    Window window;
    window.kernel_h = r;
    window.kernel_w = s;
    window.stride_h = window.stride_w = stride;
    const std::int64_t out_h = ceil_div(h - r, stride) + 1;
    const std::int64_t out_w = ceil_div(w - s, stride) + 1;
    window.pad_bottom = (out_h - 1) * stride + r - h;
    window.pad_right = (out_w - 1) * stride + s - w;
    if (!few_elements(row, "ifmap", {h, w, channels}) ||
        !few_elements(row, "filters", {filters, r, s, channels}) ||
        !few_elements(row, "ofmap", {out_h, out_w, filters})) {
      return;
    }
    const bool split = row.name.find("DP") != std::string::npos;
    const std::int64_t copies = split ? channels : 1;
    const std::int64_t depth = split ? 1 : channels;
    for (std::int64_t i = 0; i < copies && has_room(row); ++i) {
      const std::string name = row.name + (split ? "Channel_" + std::to_string(i) : "");
      Conv2d op;
      op.window = window;
      append(name, op, {1, h, w, depth}, {filters, r, s, depth}, {1, out_h, out_w, filters});
    }
  }

  void gemm(const TopologyRow& row) {
    const std::int64_t m = row.sizes[0], n = row.sizes[1], k = row.sizes[2];
    if (few_elements(row, "first matrix", {m, k}) && few_elements(row, "second matrix", {k, n}) &&
        few_elements(row, "product", {m, n}) && has_room(row)) {
      append(row.name, MatMul{}, {m, k}, {k, n}, {m, n});
    }
  }

 private:
  /// Of sizes of up to 2^30, whose products do not overflow where they are cut off; an error if
  /// not.
  bool few_elements(const TopologyRow& row, const std::string& tensor, const Shape& sizes) {
    std::int64_t elements = 1;
    for (const std::int64_t size : sizes) {
      elements *= size;
      if (elements > kMostElements) {
        log_.add(row.mark, row.name,
                 "the " + tensor + " of " + fmt::format("{}", fmt::join(sizes, " x ")) +
                     " has more than 2^31 elements, expected fewer");
        return false;
      }
    }
    return true;
  }

  bool has_room(const TopologyRow& row) {
    if (network_.layers.size() < kMostLayers) {
      return true;
    }
    log_.add(row.mark, row.name,
             "is more than layer " + std::to_string(kMostLayers) + ", expected fewer");
    return false;
  }

  TensorId add_tensor(const std::string& name, const Shape& shape) {
    network_.tensors.push_back({name, shape, {}, {}, 0, std::nullopt});
    return network_.tensors.size() - 1;
  }

  /// SCALE-Sim allows a name twice; our outputs are files by their layer's name.
  std::string unique(const std::string& name) {
    const std::size_t uses = ++uses_[name];
    return uses == 1 ? name : unique(name + "_" + std::to_string(uses));
  }

  void append(const std::string& wanted, const LayerOp& op, const Shape& ifmap,
              const Shape& weights, const Shape& ofmap) {
    const std::string name = unique(wanted);
    const TensorId input = add_tensor(name + ".ifmap", ifmap);
    const TensorId constant = add_tensor(name + ".weights", weights);
    const TensorId output = add_tensor(name, ofmap);
    network_.inputs.push_back(input);
    network_.outputs.push_back(output);
    network_.layers.push_back({name, op, {input, constant}, output, {}});
  }

  Network& network_;
  ErrorLog& log_;
  std::map<std::string, std::size_t> uses_;
};

}  // namespace

Network read_topology(const std::string& text, const std::string& file,
                      std::optional<TopologyKind> kind) {
  ErrorLog log{file};
  const std::vector<TopologyRow> rows = parse_topology(text, kind, log);
  Network network;
  network.name = escaped(std::filesystem::path{file}.stem().string());
  Builder builder{network, log};
  for (const TopologyRow& row : rows) {
    if (*kind == TopologyKind::Conv) {
      builder.conv(row);
    } else {
      builder.gemm(row);
    }
  }
  log.check();
  return network;
}

Network load_topology(const std::string& path, std::optional<TopologyKind> kind) {
  return read_topology(read_text_file(path), path, kind);
}

}  // namespace systole
