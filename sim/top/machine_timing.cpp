#include "sim/top/machine_timing.hpp"

#include <algorithm>
#include <utility>

#include "sim/blocks/block_configs.hpp"
#include "sim/top/stuck_error.hpp"

namespace systole {

MachineTiming::MachineTiming(const AcceleratorConfig& config, DramSource& dram)
    : MachineTiming{config, [&](const DramTiming::Clients& clients) {
                      return make_dram_timing(dram_config(config), clients, dram);
                    }} {}

MachineTiming::MachineTiming(const AcceleratorConfig& config, const MakeDram& make_dram)
    : config_{config},
      load_{load_unit_config(config), result_.ledger},
      store_{store_timing_config(config), result_.ledger},
      vector_{vector_unit_config(config), result_.ledger},
      execute_{execute_timing_config(config), result_.ledger, result_.bank_conflicts},
      sequencer_{config.sequencer,
                 {load_.alarm, execute_.alarm, vector_.alarm, store_.alarm},
                 result_.ledger},
      scratchpad_{scratchpad_config(config),
                  {vector_.alarm, store_.alarm},
                  sequencer_,
                  result_.bank_conflicts},
      requant_{config.requant, load_.alarm, sequencer_, result_.ledger},
      accumulators_{accumulators_config(config), load_.alarm, sequencer_, result_.bank_conflicts},
      dram_{make_dram({MemoryClient{&load_, &load_.alarm}, MemoryClient{&store_, &store_.alarm}})} {
  load_.bind({&sequencer_, dram_.get(), &scratchpad_, &accumulators_, &requant_.table_write});
  store_.bind({&sequencer_, dram_.get(), &scratchpad_, &accumulators_, &requant_});
  vector_.bind(sequencer_, scratchpad_);
  execute_.bind(sequencer_, scratchpad_);
  scratchpad_.bind(execute_);
  accumulators_.bind(execute_);
}

LayerMeasurement MachineTiming::run(const LayerProgram& program, std::uint64_t patience) {
  const ListedCommands commands{program.commands, local_shape(config_)};
  begin(program.registers, commands, 0);
  result_.cycles = run_until(program.commands.size(), patience);
  close(result_.cycles);
  dram_->close(result_.cycles, result_.ledger, result_.events);
  result_.events.add(Event::BankConflicts, result_.bank_conflicts.total());
  result_.compute_cycles = execute_.compute_cycles();
  const BandwidthSeries bandwidth = dram_->bandwidth();
  result_.peak_bytes_per_window = bandwidth.peak_bytes();
  result_.windows = bandwidth.windows();
  return result_;
}

void MachineTiming::begin(const LayerRegisters& registers, const CommandSource& commands,
                          std::size_t next) {
  commands_ = commands.size();
  ends_in_scratchpad_ = registers.ends_in_scratchpad;
  store_.begin_layer(registers.ofmap.bits);
  sequencer_.resume(commands, next);
}

Cycle MachineTiming::run_until(std::size_t until, std::uint64_t patience) {
  Cycle end = kNever;
  std::uint64_t completed = sequencer_.completed();
  std::uint64_t looks = 0;  // since the last completion
  Cycle last_completion = now_;
  while (true) {
    const Cycle now = next_look();
    if (now > end) {
      return end;
    }
    if (now == kNever) {
      give_up("nothing can happen any more");
    }
    look(now);
    now_ = now;
    if (until < commands_ && sequencer_.fetched() == until) {
      return now;
    }
    end = finished_at(now);
    ++looks;
    if (sequencer_.completed() != completed) {
      completed = sequencer_.completed();
      looks = 0;
      last_completion = now;
    } else if (looks > patience && now - last_completion > patience) {
      give_up("no command completed for " + std::to_string(now - last_completion) + " cycles");
    }
  }
}

void MachineTiming::close(Cycle end) {
  load_.close(end);
  store_.close(end);
  vector_.close(end);
  execute_.close(end);
  sequencer_.close(end);
  requant_.close(end);
}

void MachineTiming::archive(StateArchive& archive) {
  if (!archive.reading()) {
    // What it settles may ring the others.
    execute_.settle_all(archive.now());
    dram_->settle(archive.now());
  }
  sequencer_.archive(archive);
  load_.archive(archive);
  requant_.archive(archive);
  store_.archive(archive);
  vector_.archive(archive);
  scratchpad_.archive(archive);
  accumulators_.archive(archive);
  dram_->archive(archive);
  execute_.archive(archive);
  if (archive.reading()) {
    now_ = archive.now();
  }
}

LayerMeasurement MachineTiming::take_counts(Cycle now) {
  if (sequencer_.finished()) {
    close(now);
  }
  dram_->book_until(now, result_.ledger);
  LayerMeasurement counts = std::exchange(result_, {});
  counts.events.add(Event::BankConflicts, counts.bank_conflicts.total());
  counts.compute_cycles = execute_.compute_cycles() - compute_cycles_taken_;
  compute_cycles_taken_ = execute_.compute_cycles();
  return counts;
}

void MachineTiming::give_up(const std::string& why) const {
  throw StuckError{why, sequencer_.describe_state()};
}

Cycle MachineTiming::next_look() const {
  return std::min({load_.alarm.at(), store_.alarm.at(), vector_.alarm.at(), execute_.alarm.at(),
                   sequencer_.alarm.at(), scratchpad_.alarm.at(), requant_.alarm.at(),
                   accumulators_.alarm.at(), dram_->alarm.at()});
}

/// One cycle. What a block tells another is seen by that one a cycle later, so the order matters in
/// one place only: rows that the array has read in the meantime complete commands in this cycle.
void MachineTiming::look(Cycle now) {
  if (execute_.alarm.at() <= now) {
    execute_.look(now);
  }
  if (load_.alarm.at() <= now) {
    load_.look(now);
  }
  if (store_.alarm.at() <= now) {
    store_.look(now);
  }
  if (vector_.alarm.at() <= now) {
    vector_.look(now);
  }
  if (scratchpad_.alarm.at() <= now) {
    scratchpad_.look(now);
  }
  if (accumulators_.alarm.at() <= now) {
    accumulators_.look(now);
  }
  if (requant_.alarm.at() <= now) {
    requant_.look(now);
  }
  if (dram_->alarm.at() <= now) {
    dram_->look(now);
  }
  if (sequencer_.alarm.at() <= now) {
    sequencer_.look(now);
  }
}

/// The machine is idle from this cycle on, as far as is known; kNever while work is left.
Cycle MachineTiming::finished_at(Cycle now) const {
  if (!sequencer_.finished() || !dram_->idle() || !scratchpad_.store_write.empty()) {
    return kNever;
  }
  const Cycle moved =
      ends_in_scratchpad_ ? std::max(load_.done_from(), store_.done_from()) : store_.done_from();
  return moved == kNever ? kNever : std::max(now, moved);
}

}  // namespace systole
