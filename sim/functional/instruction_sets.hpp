#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systole {

/// Vector units that the kernels of this folder were compiled for and this computer has. They take
/// the best one by themselves; all give the same bytes.
struct InstructionSet {
  std::string name;
  std::int64_t target = 0;     ///< Highway's
  bool byte_products = false;  ///< with AVX-512's VNNI, which is no target of its own
};

/// The best first, the portable one last.
std::vector<InstructionSet> instruction_sets();

/// For tests: the kernels use this one from now on, in all threads.
void force(const InstructionSet& set);

/// Whether kernels of AVX-512 may multiply bytes by VNNI. Highway asks for it together with
/// instructions that came years later (AVX3_DL).
bool has_byte_products();

}  // namespace systole
