#include <fmt/format.h>

#include <utility>

#include "sim/report/bandwidth.hpp"
#include "sim/report/units.hpp"

namespace systole {
namespace {

std::string times(const OperandTraffic& operand) {
  return operand.compulsory_bytes == 0 ? "" : fmt::format("{:.2f}", operand.times_compulsory());
}

std::string bytes_or_nothing(std::uint64_t bytes) {
  return bytes == 0 ? "" : human_bytes(bytes, true);
}

std::vector<Cell> dram_row(const LayerResult& layer, const RunResult& run) {
  const LayerBandwidth b = bandwidth_of(layer, run);
  const OperandTraffic& ifmap = b.operands.at(0);
  const OperandTraffic& weight = b.operands.at(1);
  const std::uint64_t constants = b.operands.at(2).bytes + b.operands.at(3).bytes;
  const bool moved = b.read_bytes + b.written_bytes != 0;
  std::vector<Cell> row{layer.name,
                        bytes_or_nothing(ifmap.bytes),
                        times(ifmap),
                        bytes_or_nothing(weight.bytes),
                        times(weight),
                        bytes_or_nothing(constants),
                        bytes_or_nothing(b.over_fetch_bytes),
                        bytes_or_nothing(b.operands.at(4).bytes),
                        moved ? fmt::format("{:.1f}", b.read_percent_of_peak) : "",
                        moved ? fmt::format("{:.1f}", b.write_percent_of_peak) : ""};
  if (run.dram_part) {
    row.emplace_back(bytes_or_nothing(b.device_bytes));
    row.emplace_back(moved ? fmt::format("{:.1f}", b.device_percent_of_peak) : "");
    row.emplace_back(moved ? fmt::format("{:.1f}", 100 * b.row_hit_rate()) : "");
  }
  const double limit = b.limit().cycles;
  row.emplace_back(limit == 0 ? "" : b.limit().what);
  row.emplace_back(limit == 0 ? ""
                              : fmt::format("{:.2f}", static_cast<double>(layer.cycles) / limit));
  return row;
}

Table dram_table(const RunResult& run) {
  std::vector<Column> columns{
      {"layer", "", Align::Left, 0, true},   {"ifmap", "", Align::Right},
      {"×", "once", Align::Right, 5},        {"weights", "", Align::Right},
      {"×", "once", Align::Right, 5},        {"bias,", "consts", Align::Right, 4},
      {"over-", "fetched", Align::Right, 3}, {"ofmap", "", Align::Right},
      {"read", "% peak", Align::Right, 6},   {"write", "% peak", Align::Right, 6}};
  if (run.dram_part) {
    columns.push_back({"banks", "", Align::Right, 2});
    columns.push_back({"banks", "% peak", Align::Right, 6});
    columns.push_back({"row", "hits %", Align::Right, 6});
  }
  columns.push_back({"highest", "roof", Align::Left, 6});
  columns.push_back({"cycles", "/ roof", Align::Right, 6});
  Table table{"DRAM traffic by operand, and what limits each layer", columns};
  for (const LayerResult& layer : run.layers) {
    table.add_row(dram_row(layer, run));
  }
  return table;
}

Table local_table(const RunResult& run) {
  Table table{"Local memories, one inference",
              {{"memory", "", Align::Left},
               {"bytes", "", Align::Left, 0, true},
               {"read", "", Align::Right},
               {"written", "", Align::Right}}};
  for (std::size_t m = 0; m < kTrafficMemories; ++m) {
    const auto memory = static_cast<TrafficMemory>(m);
    for (std::size_t s = 0; s < kStreams && memory != TrafficMemory::Dram; ++s) {
      const auto stream = static_cast<Stream>(s);
      StreamBytes sum;
      for (const LayerResult& layer : run.layers) {
        sum.read += layer.traffic.at(memory, stream).read;
        sum.written += layer.traffic.at(memory, stream).written;
      }
      if (sum.read + sum.written != 0) {
        table.add_row({traffic_memory_name(memory), stream_name(stream), bytes_or_nothing(sum.read),
                       bytes_or_nothing(sum.written)});
      }
    }
  }
  return table;
}

Table conflict_table(const BankConflictCounts& sum) {
  Table table{"Bank conflicts, one inference",
              {{"memory", "", Align::Left},
               {"waited", "", Align::Left},
               {"for", "", Align::Left, 0, true},
               {"cycles", "", Align::Right}}};
  for (std::size_t m = 0; m < kBankedLocals; ++m) {
    for (std::size_t w = 0; w < kBankUsers; ++w) {
      for (std::size_t h = 0; h < kBankUsers; ++h) {
        const auto memory = static_cast<BankedLocal>(m);
        const auto waited = static_cast<BankUser>(w);
        const auto had = static_cast<BankUser>(h);
        if (sum.at(memory, waited, had) != 0) {
          table.add_row({banked_local_name(memory), bank_user_name(waited), bank_user_name(had),
                         grouped(sum.at(memory, waited, had))});
        }
      }
    }
  }
  return table;
}

}  // namespace

std::vector<Table> bandwidth_tables(const RunResult& run) {
  std::vector<Table> tables{dram_table(run)};
  if (Table local = local_table(run); !local.empty()) {
    tables.push_back(std::move(local));
  }
  BankConflictCounts conflicts;
  for (const LayerResult& layer : run.layers) {
    conflicts += layer.bank_conflicts;
  }
  if (conflicts.total() != 0) {
    tables.push_back(conflict_table(conflicts));
  }
  return tables;
}

}  // namespace systole
