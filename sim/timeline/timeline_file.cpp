#include "sim/timeline/timeline_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sim/program/inspect.hpp"
#include "sim/program/load_rows.hpp"
#include "sim/report/utf8.hpp"

namespace systole {
namespace {

constexpr std::size_t kTracksOfUnit = 2048;  // thread numbers that a unit has for itself
constexpr std::uint64_t kFirstCycle = 1;     // of a run

std::string text(const std::string& plain) { return nlohmann::json(valid_utf8(plain)).dump(); }

/// What the slice is called, and what it moves.
struct Label {
  std::string name;
  std::string amount;  ///< members of "args", each behind a comma
};

Label label_of(const Command& command) {
  if (const auto* load = std::get_if<LoadCommand>(&command.body)) {
    static constexpr const char* kNames[] = {"load ifmap", "load weight", "load bias",
                                             "load requant", "load ofmap"};
    const std::uint64_t rows = rows_read(*load);
    return {kNames[static_cast<std::size_t>(load->operand)],
            fmt::format(R"(,"rows":{},"bytes":{})", load->rows, rows * load->row_bytes)};
  }
  if (const auto* fill = std::get_if<FillCommand>(&command.body)) {
    return {"fill", fmt::format(R"(,"rows":{})", fill->rows)};
  }
  if (const auto* preload = std::get_if<PreloadCommand>(&command.body)) {
    return {"preload", fmt::format(R"(,"k":{},"n":{})", preload->k, preload->n)};
  }
  if (const auto* compute = std::get_if<ComputeCommand>(&command.body)) {
    return {"compute", fmt::format(R"(,"rows":{},"k":{})", compute->rows(), compute->k)};
  }
  if (const auto* store = std::get_if<StoreCommand>(&command.body)) {
    return {"store", fmt::format(R"(,"rows":{},"elements":{})", store->rows,
                                 std::uint64_t{store->rows} * store->elements)};
  }
  if (const auto* pool = std::get_if<PoolCommand>(&command.body)) {
    return {"pool", fmt::format(R"(,"outputs":{})", std::uint64_t{pool->out_h} * pool->out_w)};
  }
  if (const auto* depthwise = std::get_if<DepthwiseCommand>(&command.body)) {
    return {"depthwise",
            fmt::format(",\"outputs\":{}", std::uint64_t{depthwise->out_h} * depthwise->out_w)};
  }
  if (const auto* add = std::get_if<AddCommand>(&command.body)) {
    return {"add", fmt::format(R"(,"rows":{})", add->rows)};
  }
  return {"configure", ""};
}

}  // namespace

TimelineFile::TimelineFile(const std::string& file, CycleWindow window)
    : file_{file}, window_{window} {
  file_.out() << "{\"traceEvents\":[\n";
  event(
      R"({"ph":"M","pid":1,"name":"process_name","args":{"name":"accelerator, 1 us = 1 cycle"}})");
  event(R"({"ph":"M","pid":1,"tid":0,"name":"thread_name","args":{"name":"layers"}})");
}

void TimelineFile::event(const std::string& json) {
  file_.out() << (any_ ? ",\n" : "") << json;
  any_ = true;
}

void TimelineFile::on_layer(const std::string& name) {
  layer_ = name;
  has_run_ = false;
}

void TimelineFile::write_layer(const LayerResult& layer, std::uint64_t start) {
  if (in_window(start, start + layer.cycles)) {
    event(fmt::format(R"({{"ph":"X","pid":1,"tid":0,"ts":{},"dur":{},"name":{}}})", start,
                      layer.cycles, text(layer.name)));
  }
}

/// Of the tracks that are free when this slice begins, the one that was free last: so a unit needs
/// no more tracks than commands of it overlap, as slices come in the order of their ends.
std::size_t TimelineFile::lane_of(const CommandTimes& times) {
  std::vector<std::uint64_t>& ends = lanes_[times.unit];
  auto free = ends.end();
  for (auto end = ends.begin(); end != ends.end(); ++end) {
    if (*end <= times.issued && (free == ends.end() || *end > *free)) {
      free = end;
    }
  }
  const auto lane = static_cast<std::size_t>(free - ends.begin());
  if (free == ends.end()) {
    ends.push_back(0);
    const std::size_t track = (static_cast<std::size_t>(times.unit) + 1) * kTracksOfUnit + lane;
    const std::string unit = ledger_unit_name(times.unit);
    event(fmt::format(R"({{"ph":"M","pid":1,"tid":{},"name":"thread_name","args":{{"name":{}}}}})",
                      track, text(lane == 0 ? unit : fmt::format("{} {}", unit, lane + 1))));
  }
  ends[lane] = times.completed;
  return lane;
}

void TimelineFile::hold(const CommandTimes& times) {
  const std::uint64_t first = std::max(times.allocated, window_.first);
  const std::uint64_t end = std::min(times.completed, window_.end);
  for (std::uint64_t cycle = first; cycle < end;) {
    const std::uint64_t window = (cycle - window_.first) / kBandwidthWindow;
    const std::uint64_t next = std::min(end, window_.first + (window + 1) * kBandwidthWindow);
    if (window >= station_.size()) {
      station_.resize(window + 1);
    }
    station_[window][static_cast<std::size_t>(times.unit)] += next - cycle;
    cycle = next;
  }
}

/// Averages over the cycles that each window has, up to cycle `end`.
void TimelineFile::write_station(std::uint64_t end) {
  constexpr std::array kUnits{LedgerUnit::Load, LedgerUnit::Array, LedgerUnit::Vector,
                              LedgerUnit::Store};
  const std::uint64_t last = std::min(end, window_.end);
  station_.resize((last - window_.first + kBandwidthWindow - 1) / kBandwidthWindow + 1);
  for (std::size_t window = 0; window < station_.size(); ++window) {  // the last one ends the curve
    const std::uint64_t first =
        std::min(std::max(kFirstCycle, window_.first + window * kBandwidthWindow), last);
    const std::uint64_t next = std::min(window_.first + (window + 1) * kBandwidthWindow, last);
    const double cycles = static_cast<double>(next > first ? next - first : 1);
    std::string values;
    for (const LedgerUnit unit : kUnits) {
      values += fmt::format(
          R"({}"{}":{:.4f})", values.empty() ? "" : ",", ledger_unit_name(unit),
          static_cast<double>(station_[window][static_cast<std::size_t>(unit)]) / cycles);
    }
    event(fmt::format(
        R"({{"ph":"C","pid":1,"ts":{},"name":"commands in the station","args":{{{}}}}})", first,
        values));
  }
}

void TimelineFile::on_command(const Command& command, const CommandTimes& times) {
  hold(times);
  if (!has_run_) {
    has_run_ = true;
    names_.push_back(layer_);
  }
  if (!in_window(times.issued, times.completed)) {
    return;
  }
  const std::size_t track =
      (static_cast<std::size_t>(times.unit) + 1) * kTracksOfUnit + lane_of(times);
  const Label label = label_of(command);
  const bool waited = times.waited_for != Cause::Idle;
  event(fmt::format(
      R"({{"ph":"X","pid":1,"tid":{},"ts":{},"dur":{},"name":"{}","args":{{"command":{},"layer":{},)"
      R"("cycles_in_station":{},"waited_for":{}{}}}}})",
      track, times.issued, times.completed - times.issued, label.name, text(describe(command)),
      text(layer_), times.issued - times.allocated,
      waited ? text(cause_name(times.waited_for)) : "null", label.amount));
}

void TimelineFile::write_bandwidth(const LayerResult& layer, std::uint64_t start) {
  for (std::size_t i = 0; i <= layer.windows.size(); ++i) {
    const std::uint64_t first = i * kBandwidthWindow;
    const std::uint64_t cycles =
        first < layer.cycles ? std::min(kBandwidthWindow, layer.cycles - first) : 1;
    if (!in_window(start + first, start + first + cycles)) {
      continue;
    }
    const BandwidthSeries::Window bytes =
        i < layer.windows.size() ? layer.windows[i] : BandwidthSeries::Window{};
    event(fmt::format(R"({{"ph":"C","pid":1,"ts":{},"name":"DRAM, bytes per cycle",)"
                      R"("args":{{"read":{:.4f},"written":{:.4f}}}}})",
                      std::min(start + first, start + layer.cycles),
                      static_cast<double>(bytes.read_bytes) / static_cast<double>(cycles),
                      static_cast<double>(bytes.write_bytes) / static_cast<double>(cycles)));
  }
}

void TimelineFile::commit(const RunResult& run) {
  std::map<std::string, const LayerResult*> layers;
  std::uint64_t end = 0;
  for (const LayerResult& layer : run.layers) {
    layers.emplace(layer.name, &layer);
    end += run.inferences * layer.cycles;
  }
  if (end == 0 || !window_.is_reached_in(end)) {
    throw std::runtime_error{file_.path() + ": " + why_not_written(window_, end)};
  }
  // One after the other; all inferences take the same cycles and move the same bytes.
  std::uint64_t start = kFirstCycle;
  for (const std::string& name : names_) {
    const LayerResult& layer = *layers.at(name);
    write_layer(layer, start);
    write_bandwidth(layer, start);
    start += layer.cycles;
  }
  write_station(kFirstCycle + end);
  file_.out() << "\n]}\n";
  file_.commit();
}

}  // namespace systole
