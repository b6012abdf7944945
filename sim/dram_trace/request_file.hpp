#pragma once

#include <cstdint>
#include <string>

#include "models/dram/request_observer.hpp"
#include "sim/files/atomic_file.hpp"

namespace systole {

/// Writes a request trace in the simple format that `systole dram` reads, as it comes:
///
///   # layer conv1
///   40 R 1a40
///
/// cycle, R or W, address in hexadecimal. The file appears when commit() is called, whole.
class RequestFile final : public RequestObserver {
 public:
  /// Throws std::runtime_error when the file cannot be written.
  explicit RequestFile(const std::string& file) : file_{file} {}

  void on_layer(const std::string& name) override;
  void on_request(std::uint64_t cycle, bool write, std::uint64_t address) override;
  /// Throws std::runtime_error when the file cannot be written.
  void commit() { file_.commit(); }

 private:
  StreamedFile file_;
};

}  // namespace systole
