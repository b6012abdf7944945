#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systole {

/// Vector units that the kernels of this folder were compiled for and this computer has. They take
/// the best one by themselves; all give the same bytes.
struct InstructionSet {
  std::string name;
  std::int64_t target = 0;  ///< Highway's
};

/// The best first, the portable one last.
std::vector<InstructionSet> instruction_sets();

/// For tests: the kernels use this one from now on, in all threads.
void force(const InstructionSet& set);

}  // namespace systole
