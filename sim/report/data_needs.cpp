#include "sim/report/data_needs.hpp"

#include <string>

#include "sim/network/refusal.hpp"

namespace systole {
namespace {

[[noreturn]] void refuse(const std::string& what_is_counted) {
  throw Refusal{what_is_counted +
                ", and a run without data (--no-data; of a sweep, data: none) has none"};
}

}  // namespace

void check_data(const AcceleratorConfig& config, DataSource data) {
  const bool has_data = data != DataSource::None;
  if (config.energy.zero_gating && !has_data) {
    refuse("energy.zero_gating counts zero operands");
  }
  if (config.energy.switching_activity && !has_data) {
    refuse("energy.switching_activity counts bits that toggle");
  }
  if (config.array.number_format != NumberFormat::Int && has_data) {
    throw Refusal{
        "array.number_format: floating point is timed and priced and computes nothing, expected "
        "a run without data (--no-data; of a sweep, data: none)"};
  }
}

}  // namespace systole
