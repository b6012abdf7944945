#include "sim/dram_trace/request_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "sim/report/utf8.hpp"

namespace systole {

RequestFile::RequestFile(const std::string& file)
    : file_{file}, partial_{file + ".partial"}, out_{partial_} {
  if (!out_) {
    throw std::runtime_error{fmt::format("{}: cannot be written", file_)};
  }
}

RequestFile::~RequestFile() {
  if (out_.is_open()) {
    out_.close();
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
  }
}

void RequestFile::on_layer(const std::string& name) {
  out_ << fmt::format("# layer {}\n", printable(name));
}

void RequestFile::on_request(std::uint64_t cycle, bool write, std::uint64_t address) {
  out_ << fmt::format("{} {} {:x}\n", cycle, write ? 'W' : 'R', address);
}

void RequestFile::commit() {
  out_.close();
  std::error_code failed;
  if (out_) {
    std::filesystem::rename(partial_, file_, failed);
  }
  if (!out_ || failed) {
    throw std::runtime_error{fmt::format("{}: cannot be written", file_)};
  }
}

}  // namespace systole
