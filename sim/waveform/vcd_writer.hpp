#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/files/atomic_file.hpp"

namespace systole {

/// Writes a value change dump (IEEE 1364, clause 18), which GTKWave shows. The file appears when
/// commit() is called, whole; the same values give the same bytes. (SystemC's own writer puts the
/// date into the file, gives the first values no time, and does not say when the disk is full.)
class VcdWriter {
 public:
  struct Variable {
    std::string name;  ///< scopes, separated by dots, and the variable
    std::uint32_t bits = 1;
  };

  /// Throws std::runtime_error when the file cannot be written.
  VcdWriter(std::string file, std::vector<Variable> variables, const std::string& comment);

  /// The values of all variables from `nanosecond` on, which is later than any before.
  void values(std::uint64_t nanosecond, const std::vector<std::uint64_t>& values);

  void comment(const std::string& text);

  /// The last values hold until `nanosecond`. Throws std::runtime_error when the file cannot be
  /// written.
  void commit(std::uint64_t nanosecond);

 private:
  void declare(const std::string& comment);
  void write(std::size_t variable, std::uint64_t value);

  StreamedFile file_;
  std::ostream& out_ = file_.out();
  const std::vector<Variable> variables_;
  std::vector<std::string> codes_;   // of the variables
  std::vector<std::uint64_t> last_;  // empty before the first values
};

}  // namespace systole
