#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/quantize/quantizer.hpp"

namespace systole::quantize {

/// What the search counts as the energy of one image: each product of a layer, each weight read
/// once from the DRAM, each activation written and read once.
struct BitCosts {
  std::function<double(std::uint8_t activation_bits, std::uint8_t weight_bits)> mac_pj;
  double dram_pj_per_bit = 0;
};

/// One step: from now on this tensor has so many bits.
struct SearchStep {
  std::string tensor;  ///< name of the layer or input
  bool is_weights = false;
  std::uint8_t bits = 0;
  double sqnr_db = 0;       ///< of the network's output
  double energy_share = 0;  ///< of the energy with all at the widest
};

struct SearchResult {
  BitsByName bits;
  std::vector<SearchStep> steps;
  std::string unmet;  ///< the limit that nothing could hold or reach; empty: none
};

/// Greedy mixed precision. All tensors start at the widest of the widths; the step to the next
/// width that saves the most energy for the noise that it adds to the output is taken, while the
/// limits hold; a step that breaks them is never tried again. Where the widest do not hold them, no
/// step is taken. Tensors of one type group (operands
/// of an addition, a pool and what it reads) go together. The noise of a step is measured when it
/// leads the list of those measured before. `tell` hears of each step.
SearchResult search_bits(const FusedNetwork& fused, const Scheme& scheme, const FloatImages& images,
                         const BitCosts& costs, const std::function<void(const SearchStep&)>& tell);

}  // namespace systole::quantize
