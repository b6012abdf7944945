#include "sim/waveform/waveform_file.hpp"

#include <stdexcept>
#include <utility>

#include "sim/kernel/invariant.hpp"
#include "sim/top/accelerator.hpp"

namespace systole {
namespace {

constexpr std::uint64_t kCycleNs = 10;
constexpr std::uint32_t kCauseBits = 4;
static_assert(kCauses <= 1U << kCauseBits);

/// The scope of the block that books the unit's cycles.
std::string scope_of(LedgerUnit unit) {
  switch (unit) {
    case LedgerUnit::Array:
      return "execute";
    default:
      return ledger_unit_name(unit);
  }
}

std::string legend() {
  std::string text = "10 ns are a cycle. cause:";
  for (std::size_t i = 0; i < kCauses; ++i) {
    text += (i == 0 ? " " : ", ") + std::to_string(i) + ' ' + cause_name(static_cast<Cause>(i));
  }
  return text;
}

}  // namespace

WaveformFile::WaveformFile(std::string file, CycleWindow window, std::optional<PeRange> pes)
    : file_{std::move(file)}, window_{window}, pes_{pes} {}

void WaveformFile::attach(Accelerator& accelerator, const Clock& clock) {
  accelerator_ = &accelerator;
  signals_.add_flag("clk", [] { return 1; });
  signals_.add("cycle", 64, [] { return Clock::now(); });
  signals_.add("layer", 16, [this] { return layer_; });
  signals_.in_scope("accelerator", [&](SignalList& list) {
    accelerator.list_signals(list);
    if (pes_) {
      list.in_scope("array", [&](SignalList& array) {
        accelerator.array.list_pes(array, pes_->first_row, pes_->last_row, pes_->first_col,
                                   pes_->last_col);
      });
    }
  });
  list_causes();
  std::vector<VcdWriter::Variable> variables;
  for (const SignalList::Signal& signal : signals_.all()) {
    variables.push_back({signal.name, signal.bits});
  }
  vcd_.emplace(file_, std::move(variables), legend());
  clock.attach_observer(*this);
}

void WaveformFile::list_causes() {
  for (std::size_t i = 0; i < kLedgerUnits; ++i) {
    signals_.in_scope("accelerator." + scope_of(static_cast<LedgerUnit>(i)), [&](SignalList& list) {
      list.add("cause", kCauseBits, [this, i] { return causes_[i]; });
    });
  }
}

void WaveformFile::on_layer(const std::string& name) {
  ++layer_;
  layer_name_ = name;
  new_layer_ = true;
}

void WaveformFile::tick() {
  const std::uint64_t cycle = Clock::now();
  if (cycle + 1 == window_.first) {
    booked_ = accelerator_->measurements.ledger;
  }
  if (!window_.contains(cycle)) {
    return;
  }
  note_causes();
  if (std::exchange(new_layer_, false)) {
    vcd_->comment("layer " + std::to_string(layer_) + ": " + layer_name_);
  }
  values_.clear();
  for (const SignalList::Signal& signal : signals_.all()) {
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - signal.bits);
    values_.push_back(signal.read() & mask);
  }
  vcd_->values(kCycleNs * cycle, values_);
  values_.front() = 0;
  vcd_->values(kCycleNs * cycle + kCycleNs / 2, values_);
}

/// Under which cause this cycle of each unit was booked.
void WaveformFile::note_causes() {
  const Ledger& ledger = accelerator_->measurements.ledger;
  for (std::size_t unit = 0; unit < kLedgerUnits; ++unit) {
    const auto u = static_cast<LedgerUnit>(unit);
    std::uint64_t cause = 0;
    while (cause < kCauses &&
           ledger.at(u, static_cast<Cause>(cause)) == booked_.at(u, static_cast<Cause>(cause))) {
      ++cause;
    }
    invariant(cause < kCauses, *accelerator_, "a unit that did not book its cycle");
    causes_[unit] = cause;
  }
  booked_ = ledger;
}

void WaveformFile::commit() {
  if (values_.empty()) {
    throw std::runtime_error{file_ + ": " + why_not_written(window_, Clock::now())};
  }
  vcd_->commit(kCycleNs * (values_[1] + 1));
}

}  // namespace systole
