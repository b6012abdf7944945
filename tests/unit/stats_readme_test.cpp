#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {
namespace {

class StatsReadme : public ::testing::Test {
 protected:
  void expect_row(const std::string& row) const {
    EXPECT_NE(text_.find("\n" + row + "\n"), std::string::npos)
        << "sim/stats/README.md lacks the row: " << row;
  }
  std::size_t rows() const {
    std::size_t count = 0;
    for (std::size_t at = text_.find("\n| `"); at != std::string::npos;
         at = text_.find("\n| `", at + 1)) {
      ++count;
    }
    return count;
  }

 private:
  static std::string read() {
    std::ifstream file{SYSTOLE_SOURCE_DIR "/sim/stats/README.md"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  const std::string text_ = read();
};

TEST_F(StatsReadme, HasARowForEachCauseAndEachEventAndNoOther) {
  for (std::size_t i = 0; i < kCauses; ++i) {
    const auto cause = static_cast<Cause>(i);
    expect_row(std::string{"| `"} + cause_name(cause) + "` | " + cause_description(cause) + " |");
  }
  for (std::size_t i = 0; i < kEvents; ++i) {
    const EventInfo& info = event_info(static_cast<Event>(i));
    expect_row(std::string{"| `"} + info.name + "` | " + info.unit + " | " + info.what + " |");
  }
  EXPECT_EQ(rows(), kCauses + kEvents);
}

}  // namespace
}  // namespace systole
