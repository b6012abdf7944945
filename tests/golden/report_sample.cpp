#include "tests/golden/report_sample.hpp"

namespace systole {
namespace {

void book_all(LayerResult& layer, Cause array_cause, std::uint64_t busy) {
  const std::uint64_t rest = layer.cycles - busy;
  layer.ledger.book(LedgerUnit::Array, array_cause, busy);
  layer.ledger.book(LedgerUnit::Array, Cause::WaitActivations, rest);
  layer.ledger.book(LedgerUnit::Load, Cause::Busy, layer.cycles / 2);
  layer.ledger.book(LedgerUnit::Load, Cause::WaitDram, layer.cycles - layer.cycles / 2);
  layer.ledger.book(LedgerUnit::Store, Cause::Busy, layer.cycles / 4);
  layer.ledger.book(LedgerUnit::Store, Cause::Idle, layer.cycles - layer.cycles / 4);
  for (const LedgerUnit unit :
       {LedgerUnit::Sequencer, LedgerUnit::Vector, LedgerUnit::Requant, LedgerUnit::Dram}) {
    layer.ledger.book(unit, Cause::Idle, layer.cycles);
  }
}

LayerResult conv1() {
  LayerResult layer;
  layer.name = "conv1";
  layer.op = "conv2d";
  layer.gemm = {64, 8, 9, 64 * 8 * 9};
  layer.cycles = 1000;
  layer.compute_cycles = 800;
  layer.events.add(Event::Mac, 64 * 8 * 9);
  layer.events.add(Event::MacZeroOperand, 461);
  layer.events.add(Event::DramReadIfmapBytes, 3000);
  layer.events.add(Event::DramReadWeightBytes, 72);
  layer.events.add(Event::DramFetchedBytes, 4096);
  layer.events.add(Event::DramWriteBytes, 512);
  layer.compulsory_read_bytes = 2048;
  layer.compulsory_write_bytes = 512;
  layer.peak_bytes_per_window = 4608;
  layer.check = Check::Pass;
  book_all(layer, Cause::Busy, 600);
  return layer;
}

LayerResult pool1() {
  LayerResult layer;
  layer.name = "stage_1/größe/pool";
  layer.op = "max_pool2d";
  layer.where = Place::Vector;
  layer.cycles = 200;
  layer.events.add(Event::VectorCompare, 384);
  layer.events.add(Event::DramReadIfmapBytes, 512);
  layer.events.add(Event::DramFetchedBytes, 512);
  layer.events.add(Event::DramWriteBytes, 128);
  layer.compulsory_read_bytes = 512;
  layer.compulsory_write_bytes = 128;
  layer.peak_bytes_per_window = 640;
  layer.check = Check::Pass;
  book_all(layer, Cause::Idle, 150);
  return layer;
}

LayerResult fc1() {
  LayerResult layer;
  layer.name = "a_fully_connected_layer_with_a_very_long_name_0123456789";
  layer.op = "fully_connected";
  layer.gemm = {1, 10, 128, 1280};
  layer.cycles = 2800;
  layer.compute_cycles = 700;
  layer.events.add(Event::Mac, 1280);
  layer.events.add(Event::MacZeroOperand, 20);
  layer.events.add(Event::DramReadWeightBytes, 1280);
  layer.events.add(Event::DramFetchedBytes, 1536);
  layer.events.add(Event::DramWriteBytes, 10);
  layer.compulsory_read_bytes = 1448;
  layer.compulsory_write_bytes = 10;
  layer.peak_bytes_per_window = 1024;
  layer.check = Check::Skipped;
  book_all(layer, Cause::BusyPartial, 400);
  return layer;
}

EnergyBreakdown energy_of(double multiply, double dram) {
  EnergyBreakdown energy;
  energy.add(EnergyComponent::ArrayMultiply, EnergyOperand::Arithmetic,
             {multiply, multiply, multiply});
  energy.add(EnergyComponent::ArrayAdd, EnergyOperand::Arithmetic,
             {multiply / 2, multiply / 2, multiply / 2});
  energy.add(EnergyComponent::Dram, EnergyOperand::Ifmap, {dram, dram, 2 * dram});
  return energy;
}

}  // namespace

RunResult sample_run() {
  RunResult run;
  run.config.name = "tiny_4x4";
  run.config.clock_mhz = 500;
  run.config.array.rows = 4;
  run.config.array.cols = 4;
  run.workload = "sample_cnn";
  run.engine = "systemc";
  run.inferences = 360;
  run.layers = {conv1(), pool1(), fc1()};
  run.notes = {{"conv1", "scale 0.0123 became 2^-6", 41.25}, {"fc1", "rounding is half_up", {}}};
  run.accuracy = Accuracy{360, 352, 353};
  run.wall_seconds = 0.125;
  return run;
}

std::vector<EnergyBreakdown> sample_energy() {
  return {energy_of(1000, 96000), energy_of(0, 13000), energy_of(256, 32000)};
}

EnergyTable sample_table() {
  EnergyTable table;
  table.name = "horowitz_45nm";
  return table;
}

}  // namespace systole
