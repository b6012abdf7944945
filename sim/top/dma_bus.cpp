#include "sim/top/dma_bus.hpp"

#include "models/sequencer/queue_depths.hpp"

namespace systole {

DmaBus::DmaBus(const Clock& clock, const BusConfig& config)
    : pages{config.page_bytes},
      crossbar{"crossbar", clock, config},
      reads_{"reads", config.queue},
      writes_{"writes", config.queue},
      data_{"data", config.queue},
      acknowledgements_{"acknowledgements", kPipelined} {
  crossbar.reads(reads_);
  crossbar.writes(writes_);
  crossbar.data(data_);
  crossbar.acknowledgements(acknowledgements_);
}

void DmaBus::bind(LoadUnit& load, StoreUnit& store, Dram& dram) {
  load.reads(reads_);
  load.data(data_);
  store.writes(writes_);
  store.acknowledgements(acknowledgements_);
  crossbar.memory.socket.bind(dram.target());
}

void DmaBus::start_layer() {
  pages.start();
  crossbar.start_layer();
}

bool DmaBus::idle() const {
  return crossbar.idle() && reads_.size() == 0 && writes_.size() == 0 && data_.size() == 0 &&
         acknowledgements_.size() == 0;
}

}  // namespace systole
