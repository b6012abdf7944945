#include "models/vector/operand_plan.hpp"

#include <gtest/gtest.h>

namespace systole {
namespace {

TEST(OperandPlan, OfAPoolIsAsLongAsItSays) {
  PoolCommand pool;
  pool.tile_h = 7;
  pool.tile_w = 5;
  for (pool.kernel_h = 1; pool.kernel_h <= 4; ++pool.kernel_h) {
    for (pool.stride_w = 1; pool.stride_w <= 3; ++pool.stride_w) {
      for (pool.origin_h = 1 - static_cast<std::int32_t>(pool.kernel_h); pool.origin_h <= 1;
           ++pool.origin_h) {
        pool.kernel_w = 5 - pool.kernel_h;
        pool.origin_w = 1 - static_cast<std::int32_t>(pool.kernel_w);
        pool.stride_h = 2;
        pool.out_h = static_cast<std::uint32_t>((6 - pool.origin_h) / 2 + 1);
        pool.out_w = (pool.tile_w - 1) / pool.stride_w + 1;
        EXPECT_EQ(count_operands(pool), operand_plan(pool).size())
            << pool.kernel_h << " x " << pool.kernel_w << " from row " << pool.origin_h;
      }
    }
  }
}

}  // namespace
}  // namespace systole
