#pragma once

#include <cstdint>
#include <string>

namespace systole {

/// An ideal memory tells longer bursts in parts of as many bytes as a burst of all memories has.
constexpr std::uint32_t kTracedBytes = 64;

/// Is told of every request that goes to the DRAM, in order; cycles do not fall. A banked memory
/// tells its own requests in its own cycles, an ideal one bursts in those of the core.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  /// The requests that follow are of this layer.
  virtual void on_layer(const std::string& name) { static_cast<void>(name); }
  virtual void on_request(std::uint64_t cycle, bool write, std::uint64_t address) = 0;
};

}  // namespace systole
