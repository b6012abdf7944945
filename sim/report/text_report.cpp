#include "sim/report/text_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/report/bandwidth.hpp"
#include "sim/report/energy_figures.hpp"
#include "sim/report/energy_text.hpp"
#include "sim/report/ledger_text.hpp"
#include "sim/report/table.hpp"
#include "sim/report/totals.hpp"
#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"
#include "sim/report/version.hpp"

namespace systole {
namespace {

std::string arithmetic_text(const ArrayConfig& array) {
  if (array.number_format != NumberFormat::Int) {
    const std::string format = OneOf{keywords::kNumberFormat}.name_of(array.number_format);
    return fmt::format("{} × {} into fp32", format, format);
  }
  return fmt::format("int{} × int{} into int{}", array.activation_bits, array.weight_bits,
                     array.accumulator_bits);
}

constexpr std::size_t kLabelWidth = 12;

std::string dram_text(const DramConfig& dram) {
  switch (dram.model) {
    case DramModel::Ideal:
      return fmt::format("ideal, latency {} cycles{}, {}", dram.latency_cycles,
                         dram.write_latency_cycles == 0
                             ? std::string{}
                             : fmt::format(" ({} of writes)", dram.write_latency_cycles),
                         dram.write_bytes_per_cycle == 0
                             ? fmt::format("{} B/cycle each way", dram.bytes_per_cycle)
                             : fmt::format("{} B/cycle read and {} written", dram.bytes_per_cycle,
                                           dram.write_bytes_per_cycle));
    case DramModel::Banked:
      return fmt::format("banked, {}{}, {} B/cycle each way", printable(dram.preset),
                         dram.channels == 0   ? ""
                         : dram.channels == 1 ? " with 1 channel"
                                              : fmt::format(" with {} channels", dram.channels),
                         dram.bytes_per_cycle);
  }
  return "";
}

std::string inferences_text(const RunResult& result) {
  std::string text = grouped(result.inferences);
  if (result.images > 1) {
    text += fmt::format(" of {} images{}", grouped(result.images),
                        result.inferences > 1 ? " each" : "");
  }
  if (result.inferences > 1) {
    text += ", all alike; figures below are of one";
    text += result.data != DataSource::None ? ", what values decide of the first" : "";
  }
  return text;
}

std::string header(const RunResult& result, const ReportStyle& style) {
  const AcceleratorConfig& c = result.config;
  std::string out = painted(fmt::format("Systole {}", version()), Paint::Bold, style.color) +
                    fmt::format(": {} on {}\n\n", printable(result.workload), printable(c.name));
  const auto say = [&](const char* label, const std::string& text) {
    out += "  " + painted(fmt::format("{:<{}}", label, kLabelWidth), Paint::Dim, style.color) +
           wrapped(text, 2 + kLabelWidth, style.width) + "\n";
  };
  const char* const dataflow = c.array.dataflow == Dataflow::WeightStationary   ? "weight"
                               : c.array.dataflow == Dataflow::OutputStationary ? "output"
                                                                                : "input";
  say("array",
      fmt::format("{} × {} PEs, {} stationary, folds {}, {}", c.array.rows, c.array.cols, dataflow,
                  c.array.overlap == Overlap::Full ? "overlapped" : "one after another",
                  arithmetic_text(c.array)));
  const ScratchpadConfig& s = c.scratchpad;
  const auto banks = [](std::uint32_t kib, std::uint32_t n) {
    return fmt::format("{} KiB in {} bank{}", kib, n, n == 1 ? "" : "s");
  };
  say("memories", (s.organization == ScratchpadOrganization::Unified
                       ? "scratchpad " + banks(s.activation.capacity_kib, s.activation.banks)
                       : "activations " + banks(s.activation.capacity_kib, s.activation.banks) +
                             ", weights " + banks(s.weight.capacity_kib, s.weight.banks)) +
                      ", accumulators " + banks(c.accumulators.capacity_kib, c.accumulators.banks));
  say("DRAM", dram_text(c.dram));
  say("clock", fmt::format("{} MHz", c.clock_mhz));
  say("engine", printable(result.engine));
  if (result.data != DataSource::Workload) {
    say("data", result.data == DataSource::Random
                    ? "random"
                    : "none: time, traffic and energy alone; what depends on values is not known");
  }
  say("inferences", inferences_text(result));
  return out + "\n";
}

Cell check_cell(Check check) {
  return {check_name(check), check == Check::Pass   ? Paint::Good
                             : check == Check::Fail ? Paint::Bad
                                                    : Paint::Dim};
}

std::vector<Cell> layer_row(const std::string& name, const std::string& op,
                            const std::string& where, const GemmShape& gemm, const Summary& s,
                            const AcceleratorConfig& config, EnergyUnit unit, Paint paint) {
  const bool has_products = gemm.macs > 0;
  const auto dimension = [&](std::int64_t value) {
    return Cell{has_products ? std::to_string(value) : "", paint};
  };
  return {{name, paint},
          {op, paint},
          {where, paint},
          dimension(gemm.m),
          dimension(gemm.n),
          dimension(gemm.k),
          {s.macs > 0 ? human_count(s.macs, true) : "", paint},
          {grouped(s.cycles), paint},
          {s.macs > 0 ? fmt::format("{:.1f}", 100 * utilization(s, config)) : "", paint},
          {human_bytes(s.dram_read_bytes(), true), paint},
          {human_bytes(s.dram_write_bytes(), true), paint},
          {s.cycles > 0 ? decimals(gb_per_s(s.bytes_per_cycle(), config.clock_mhz)) : "", paint},
          {s.cycles > 0 ? decimals(s.bytes_per_cycle()) : "", paint},
          {human_energy(s.energy.total().pj, unit, true), paint},
          check_cell(s.check)};
}

Table layer_table(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                  const Summary& total, EnergyUnit unit) {
  Table table{"Layers",
              {{"layer", "", Align::Left, 0, true},
               {"op", "", Align::Left, 2},
               {"where", "", Align::Left, 2},
               {"M", "", Align::Right, 3},
               {"N", "", Align::Right, 3},
               {"K", "", Align::Right, 3},
               {"MACs", "", Align::Right, 4},
               {"cycles", "", Align::Right},
               {"util.", "%", Align::Right},
               {"DRAM", "read", Align::Right},
               {"DRAM", "written", Align::Right},
               {"GB/s", "average", Align::Right, 5},
               {"B/cycle", "average", Align::Right, 1},
               {"energy", "", Align::Right},
               {"check", "", Align::Left}}};
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const LayerResult& layer = result.layers[i];
    table.add_row(layer_row(layer.name, layer.op, place_name(layer.where), layer.gemm,
                            summary_of(layer, per_layer[i]), result.config, unit, Paint::Plain));
  }
  table.add_rule();
  table.add_row(layer_row("total", "", "", GemmShape{}, total, result.config, unit, Paint::Bold));
  return table;
}

std::string against(std::uint64_t bytes, std::uint64_t compulsory) {
  if (compulsory == 0) {
    return "";
  }
  return fmt::format("{:.2f} × the compulsory {}",
                     static_cast<double>(bytes) / static_cast<double>(compulsory),
                     human_bytes(compulsory));
}

std::uint64_t used_bytes(const EventCounts& events) {
  return events[Event::DramReadIfmapBytes] + events[Event::DramReadWeightBytes] +
         events[Event::DramReadBiasBytes] + events[Event::DramReadRequantBytes];
}

std::string used_by_operand(const EventCounts& events) {
  std::string out;
  for (const auto& [what, event] : {std::pair{"ifmaps", Event::DramReadIfmapBytes},
                                    {"weights", Event::DramReadWeightBytes},
                                    {"biases", Event::DramReadBiasBytes},
                                    {"constants", Event::DramReadRequantBytes}}) {
    if (events[event] > 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", what, human_bytes(events[event]));
    }
  }
  return out;
}

// A rate that may be anything from one in minutes to millions a second.
std::string rate(double per_second) {
  return per_second < 100 ? decimals(per_second)
                          : grouped(static_cast<std::uint64_t>(std::llround(per_second)));
}

std::string check_summary(const RunResult& result) {
  const auto count = [&](Check check) {
    return std::count_if(result.layers.begin(), result.layers.end(),
                         [check](const LayerResult& l) { return l.check == check; });
  };
  return fmt::format("{} layers bit-exact, {} differ, {} not compared", count(Check::Pass),
                     count(Check::Fail), count(Check::Skipped));
}

Table totals_table(const RunResult& result, const Summary& t, const EnergyTable& prices) {
  const AcceleratorConfig& c = result.config;
  const double time = seconds(t.cycles, c.clock_mhz);
  const bool timed = t.cycles > 0;  // a network on the host alone takes none
  const auto images = static_cast<double>(result.images);
  const auto bandwidth = [&](double bytes_per_cycle) {
    return timed ? decimals(gb_per_s(bytes_per_cycle, c.clock_mhz)) + " GB/s" : "-";
  };
  Table table{
      "Totals",
      {{"", "", Align::Left}, {"", "", Align::Right}, {"", "", Align::Left, 0, true, true}}};
  const auto row = [&](const char* what, const std::string& value, const std::string& note) {
    table.add_row({what, {value, Paint::Bold}, {note, Paint::Dim}});
  };
  row("cycles", grouped(t.cycles),
      timed ? fmt::format(
                  "{} at {} MHz, {} inferences/s{}", human_time(time), c.clock_mhz, rate(1 / time),
                  result.images > 1 ? fmt::format(", {} images/s", rate(images / time)) : "")
            : "-");
  row("compute cycles", grouped(t.compute_cycles),
      timed ? percent(static_cast<double>(t.compute_cycles), static_cast<double>(t.cycles)) +
                  " of them with a fold in the array"
            : "-");
  row("MACs", grouped(t.macs),
      fmt::format("{:.1f} % utilization of {} PEs", 100 * utilization(t, c),
                  grouped(std::uint64_t{c.array.rows} * c.array.cols)));
  const std::uint64_t zero = t.events[Event::MacZeroOperand];
  if (result.data == DataSource::None) {
    row("  zero operand", "not known", "without data");
  } else if (zero > 0) {
    row("  zero operand", grouped(zero),
        percent(static_cast<double>(zero), static_cast<double>(t.events[Event::Mac])) +
            " of the products formed");
  }
  if (const std::uint64_t overflows = t.events[Event::PsumOverflows]; overflows > 0) {
    row("  psum overflows", grouped(overflows),
        fmt::format("sums that did not fit {} bits and {}", c.array.accumulator_bits,
                    c.array.overflow == Overflow::Wrap ? "wrapped" : "saturated"));
  }
  if (t.off_array_bytes > 0) {
    row("off the array", percent(off_array_bytes_ratio(t), 1),
        fmt::format("of DRAM bytes, {} by the host; {} of MACs", human_bytes(t.host_bytes()),
                    percent(off_array_macs_ratio(t), 1)));
  }
  row("DRAM read", human_bytes(t.dram_read_bytes()),
      against(t.dram_read_bytes(), t.compulsory_read_bytes));
  row("  of it used", human_bytes(used_bytes(t.events)), used_by_operand(t.events));
  row("DRAM written", human_bytes(t.dram_write_bytes()),
      against(t.dram_write_bytes(), t.compulsory_write_bytes));
  row("bandwidth, average", bandwidth(t.bytes_per_cycle()),
      timed ? decimals(t.bytes_per_cycle()) + " B/cycle, reads and writes" : "");
  row("bandwidth, peak", bandwidth(t.peak_bytes_per_cycle),
      t.peak_cycles > 0 ? fmt::format("{} B/cycle in the busiest {} cycles",
                                      decimals(t.peak_bytes_per_cycle), grouped(t.peak_cycles))
                        : "");
  row("energy", human_energy(t.energy.total().pj, energy_unit(prices)),
      energy_note(t, time, prices));
  if (t.events[Event::RequantShift] > 0) {
    add_requantization(table, c, prices);
  }
  add_energy_per_mac(table, t, prices);
  table.add_row({"check", check_cell(t.check), {check_summary(result), Paint::Dim}});
  return table;
}

std::string saved(std::int64_t bytes) {
  return bytes < 0 ? "-" + human_bytes(static_cast<std::uint64_t>(-bytes))
                   : human_bytes(static_cast<std::uint64_t>(bytes));
}

Table kept_table(const std::vector<KeptInScratchpad>& kept) {
  Table table{"Kept in the scratchpad",
              {{"ofmap of", "", Align::Left},
               {"read by", "", Align::Left, 0, true, true},
               {"rows", "first to last", Align::Right},
               {"not", "written", Align::Right},
               {"not", "read", Align::Right}}};
  std::int64_t written = 0;
  std::int64_t read = 0;
  for (const KeptInScratchpad& tensor : kept) {
    std::string readers;
    for (const std::string& reader : tensor.readers) {
      readers += (readers.empty() ? "" : ", ") + reader;
    }
    table.add_row({tensor.layer + (tensor.in_dram ? " (stored too)" : ""), readers,
                   fmt::format("{} to {}", tensor.first_row, tensor.first_row + tensor.rows - 1),
                   tensor.in_dram ? "" : saved(tensor.not_written_bytes),
                   saved(tensor.not_read_bytes)});
    written += tensor.not_written_bytes;
    read += tensor.not_read_bytes;
  }
  table.add_row({"together", "", "", saved(written), saved(read)});
  return table;
}

std::string closing_lines(const RunResult& result, const EnergyTable& energy,
                          const ReportStyle& style) {
  std::string out = energy_notes(energy, style);
  if (!result.notes.empty()) {
    out += "\n" + painted("Changed in the network to fit the hardware", Paint::Bold, style.color) +
           "\n";
  }
  for (const LegalizationNote& note : result.notes) {
    out +=
        note_line(fmt::format("{}: {}{}", note.layer, note.what,
                              note.sqnr_db ? fmt::format(" (SQNR {:.1f} dB)", *note.sqnr_db) : ""),
                  style.width);
  }
  if (result.accuracy) {
    const Accuracy& a = *result.accuracy;
    const auto images = static_cast<double>(a.images);
    const std::string line = fmt::format(
        "accuracy {} ({} of {}); before legalization {} ({} of {}){}",
        percent(static_cast<double>(a.correct), images), grouped(a.correct), grouped(a.images),
        percent(static_cast<double>(a.correct_original), images), grouped(a.correct_original),
        grouped(a.images),
        a.psum_overflows > 0 ? fmt::format("; {} psum overflows", grouped(a.psum_overflows)) : "");
    out += "\n" + wrapped(line, 0, style.width) + "\n";
  }
  return out;
}

}  // namespace

std::string text_report(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                        const EnergyTable& energy, const ReportStyle& style) {
  const Summary total = totals_of(result, per_layer);
  std::vector<Table> tables{layer_table(result, per_layer, total, energy_unit(energy))};
  for (Table& table : ledger_tables(total.ledger, style.width)) {
    tables.push_back(std::move(table));
  }
  if (!result.kept.empty()) {
    tables.push_back(kept_table(result.kept));
  }
  if (style.bandwidth) {
    for (Table& table : bandwidth_tables(result)) {
      tables.push_back(std::move(table));
    }
  }
  tables.push_back(energy_component_table(total.energy, energy));
  tables.push_back(totals_table(result, total, energy));

  std::size_t width = 0;
  for (Table& table : tables) {
    table.fit(style.width);
    width = std::max(width, table.width());
  }
  std::string out = header(result, style);
  for (const Table& table : tables) {
    out += table.render(width, style.color);
  }
  return out + closing_lines(result, energy, style);
}

}  // namespace systole
