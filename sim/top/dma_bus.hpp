#pragma once

#include "models/bus/crossbar.hpp"
#include "models/bus/page_lookups.hpp"
#include "models/dma/load_unit.hpp"
#include "models/dma/store_unit.hpp"
#include "models/dram/dram.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/fifo.hpp"

namespace systole {

/// What joins the DMA units to the DRAM where a crossbar does: that, its queues, and the pages that
/// the units share.
class DmaBus {
 public:
  DmaBus(const Clock& clock, const BusConfig& config);

  void bind(LoadUnit& load, StoreUnit& store, Dram& dram);
  void start_layer();
  /// Nothing is on its way.
  bool idle() const;

  PageLookups pages;
  Crossbar crossbar;

 private:
  Fifo<BusBeat> reads_;
  Fifo<BusBeat> writes_;
  Fifo<BusAnswer> data_;
  Fifo<BusAnswer> acknowledgements_;
};

}  // namespace systole
