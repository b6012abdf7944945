#include "sim/dram_trace/request_file.hpp"

#include <fmt/format.h>

#include "sim/report/utf8.hpp"

namespace systole {

void RequestFile::on_layer(const std::string& name) {
  file_.out() << fmt::format("# layer {}\n", printable(name));
}

void RequestFile::on_request(std::uint64_t cycle, bool write, std::uint64_t address) {
  file_.out() << fmt::format("{} {} {:x}\n", cycle, write ? 'W' : 'R', address);
}

}  // namespace systole
