#pragma once

#include <string>

namespace systole {

inline std::string entry(const std::string& bits, const std::string& rest) {
  return "{bits: " + bits + ", " + rest + ", node: 45 nm, source: test}";
}

/// A table without mistakes, its `adder` line as given.
inline std::string table_with(const std::string& adder) {
  const std::string good = entry("32", "value: 1, unit: pJ");
  return "name: t\n"
         "adder: " +
         adder +
         "\n"
         "multiplier: [" +
         good +
         "]\n"
         "shifter: [" +
         good +
         "]\n"
         "comparator: [" +
         good +
         "]\n"
         "sram: [{capacity_kib: 8, bits: 64, value: 10, unit: pJ, node: 45 nm, source: test}]\n"
         "register: " +
         good +
         "\n"
         "register_file: " +
         good +
         "\n"
         "dram: " +
         good + "\n";
}

}  // namespace systole
