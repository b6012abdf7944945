#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace systole::dram {

/// Cycles of the memory's own clock (tCK) since its reset.
using Cycle = std::uint64_t;
constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

constexpr std::uint32_t kMostBanks = 64;          ///< of a channel: sets of banks are 64-bit masks
constexpr std::uint32_t kMostCommandCycles = 16;  ///< that one command takes on its bus

/// Parts and their sizes. All counts are powers of two.
///
/// A *unit* is what has its own timing, refresh and row state beside the banks: a rank, or a
/// pseudo channel of HBM. Ranks share a channel's data bus, pseudo channels have their own.
struct Organization {
  std::uint32_t channels = 1;
  std::uint32_t pseudo_channels = 1;  ///< of each channel: 2 for HBM2
  std::uint32_t ranks = 1;            ///< of each channel
  std::uint32_t bank_groups = 1;
  std::uint32_t banks_per_group = 8;
  std::uint32_t rows = 65536;      ///< of each bank
  std::uint32_t columns = 1024;    ///< of each row, as wide as the bus
  std::uint32_t bus_bits = 64;     ///< of a channel, or of a pseudo channel
  std::uint32_t burst_length = 8;  ///< transfers of one column access, two in each cycle

  std::uint32_t units() const { return pseudo_channels * ranks; }
  std::uint32_t banks_per_unit() const { return bank_groups * banks_per_group; }
  std::uint32_t banks() const { return units() * banks_per_unit(); }  ///< of a channel
  std::uint32_t burst_bytes() const { return bus_bits / 8 * burst_length; }
  std::uint32_t bursts_per_row() const { return columns / burst_length; }
  std::uint64_t capacity_bytes() const {
    return std::uint64_t{channels} * banks() * rows * columns * (bus_bits / 8);
  }
  /// Of all channels together.
  std::uint32_t bytes_per_cycle() const { return channels * pseudo_channels * bus_bits / 8 * 2; }
};

/// JEDEC's parameters in cycles. Of each pair, _s holds between bank groups and _l within one.
struct Timing {
  double tck_ns = 1;
  std::uint32_t cl = 0;  ///< read command to first data
  std::uint32_t cwl = 0;
  std::uint32_t rcd = 0;     ///< activate to read
  std::uint32_t rcd_wr = 0;  ///< activate to write
  std::uint32_t rp = 0;
  std::uint32_t rp_ab = 0;  ///< precharge of all banks
  std::uint32_t ras = 0;
  std::uint32_t rc = 0;
  std::uint32_t ccd_s = 0, ccd_l = 0;
  std::uint32_t rrd_s = 0, rrd_l = 0;
  std::uint32_t faw = 0;
  std::uint32_t wr = 0;                ///< end of write data to precharge
  std::uint32_t wtr_s = 0, wtr_l = 0;  ///< end of write data to read command
  std::uint32_t rtp = 0;
  std::uint32_t rtw = 0;   ///< read to write command, the turn of the bus
  std::uint32_t rtrs = 0;  ///< idle cycles of the data bus between two ranks
  std::uint32_t rfc = 0;
  std::uint32_t refi = 0;  ///< 0: no refresh
};

/// How commands travel. A command takes effect in the last of its cycles.
struct CommandBus {
  std::uint32_t activate_cycles = 1;
  std::uint32_t precharge_cycles = 1;
  std::uint32_t column_cycles = 1;  ///< of a read or a write
  std::uint32_t refresh_cycles = 1;
  bool separate_column_bus = false;  ///< HBM: reads and writes beside row commands
};

enum class PagePolicy { Open, Closed };

struct Controller {
  PagePolicy page_policy = PagePolicy::Open;
  std::uint32_t read_entries = 32;  ///< bursts that wait for their column command
  std::uint32_t write_entries = 32;
  std::uint32_t write_high_percent = 80;  ///< of write_entries: above, writes are drained
  std::uint32_t write_low_percent = 20;   ///< at or below, reads go on
  std::uint32_t reads_in_a_row = 1;       ///< of one bank before its unit's older, if as soon
  std::uint32_t max_wait = 10000;  ///< cycles after which the oldest request goes before all others
};

/// Supply currents of one device on one rail, as data sheets give them, in mA.
struct Rail {
  double volts = 0;
  double idd0 = 0, idd2n = 0, idd3n = 0, idd4r = 0, idd4w = 0, idd5 = 0;
};

/// Energy of each operation of one unit.
struct OperationEnergies {
  double activate_pj = 0;  ///< with its precharge
  double read_pj = 0;      ///< of one burst
  double write_pj = 0;
  double refresh_pj = 0;
  double active_mw = 0;  ///< background while any bank is open
  double precharged_mw = 0;
};

struct Config {
  std::string name;
  Organization organization;
  Timing timing;
  CommandBus command_bus;
  Controller controller;
  std::string mapping;  ///< see AddressMapping
  std::uint32_t request_bytes = 64;
  OperationEnergies energies;

  std::uint32_t burst_cycles() const { return organization.burst_length / 2; }
  std::uint32_t bursts_per_request() const { return request_bytes / organization.burst_bytes(); }
  double peak_gb_per_s() const { return organization.bytes_per_cycle() / timing.tck_ns; }
};

/// E_ACT+PRE = V (IDD0 tRC - IDD3N tRAS - IDD2N tRP); E_RD = V (IDD4R - IDD3N) tBURST, E_WR
/// likewise; E_REF = V (IDD5 - IDD3N) tRFC; background V IDD3N or V IDD2N; summed over the rails
/// and times `devices`: Micron TN-40-07, and DRAMPower with rho = 1.
OperationEnergies energies_of_currents(const std::vector<Rail>& rails, double devices,
                                       const Timing& timing, std::uint32_t burst_cycles);

/// The tREFI with which one burst at least is surely served after each refresh: whatever is open
/// and under way when it is due, rows are closed, refreshed, and one opened and accessed before the
/// next is. Each rule counts as if at its worst, so that somewhat less may do.
std::uint32_t shortest_refi(const Config& config);

/// Reads a memory's YAML file; throws ConfigError with all that is wrong in it.
Config load_config(const std::string& file, const std::vector<std::string>& overrides = {});
Config parse_config(const std::string& text, const std::string& file);

}  // namespace systole::dram
