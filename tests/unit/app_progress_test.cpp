#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "sim/app/mismatch.hpp"
#include "sim/app/progress.hpp"
#include "sim/app/terminal.hpp"
#include "sim/files/removed_on_signal.hpp"

namespace systole::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ProgressState state(std::uint64_t inference, std::size_t layer) {
  ProgressState state;
  state.layer = layer;
  state.layers = 10;
  state.layer_name = "conv2";
  state.inference = inference;
  state.inferences = 4;
  state.cycles = 6'000'000;
  return state;
}

TEST(ProgressLine, SaysWhereTheRunIsHowFastAndHowLongItWillTake) {
  // 10 of 40 layers in 3 s: 9 s for the other 30.
  EXPECT_EQ(progress_line(state(1, 0), 3.0, 200),
            " 25 %  inference 2 of 4  layer 1 of 10 conv2  2.00 Mcycles/s  9 s left");
}

TEST(ProgressLine, KnowsNoTimeLeftBeforeTheFirstLayerIsDone) {
  EXPECT_THAT(progress_line(state(0, 0), 3.0, 200), Not(HasSubstr("left")));
}

TEST(ProgressLine, ShowsLongTimesInMinutesAndHours) {
  EXPECT_THAT(progress_line(state(1, 0), 30.0, 200), HasSubstr("1 min 30 s left"));
  EXPECT_THAT(progress_line(state(1, 0), 3000.0, 200), HasSubstr("2 h 30 min left"));
}

TEST(ProgressLine, SaysHowManyProgramsWereTimedForTheMappings) {
  ProgressState mapping;
  mapping.timed = 37;
  EXPECT_EQ(progress_line(mapping, 3.0, 200), "choosing mappings: 37 programs timed");
}

TEST(ProgressLine, IsCutToTheTerminal) {
  EXPECT_LE(progress_line(state(1, 0), 3.0, 20).size(), 22U);  // an ellipsis has three bytes
}

/// A Progress whose time the test sets.
class ProgressTest : public ::testing::Test {
 protected:
  std::ostringstream out;
  double now = 0;
  Progress::Seconds clock = [this] { return now; };
};

TEST_F(ProgressTest, AShortRunShowsNothing) {
  {
    Progress progress{out, 80, clock};
    now = 1.9;
    progress.update(state(1, 0));
  }
  EXPECT_THAT(out.str(), IsEmpty());
}

TEST_F(ProgressTest, ALongRunShowsALineAndErasesIt) {
  {
    Progress progress{out, 80, clock};
    now = 2.0;
    progress.update(state(1, 0));
    EXPECT_THAT(out.str(), HasSubstr("conv2"));
    EXPECT_THAT(out.str(), Not(HasSubstr("\n")));
    out.str("");
  }
  EXPECT_EQ(out.str(), "\r\x1b[2K");
}

TEST_F(ProgressTest, TheLineIsWrittenAtMostTenTimesASecond) {
  Progress progress{out, 80, clock};
  int lines = 0;
  for (now = 2.0; now < 3.0; now += 0.001) {
    out.str("");
    progress.update(state(1, 0));
    lines += out.str().empty() ? 0 : 1;
  }
  EXPECT_LE(lines, 10);
  EXPECT_GE(lines, 9);
}

/// Standard error while it lives goes elsewhere.
class ErrorsGoTo {
 public:
  explicit ErrorsGoTo(int file) { ::dup2(file, STDERR_FILENO); }
  ~ErrorsGoTo() { ::dup2(kept_, STDERR_FILENO); }
  ErrorsGoTo(const ErrorsGoTo&) = delete;
  ErrorsGoTo& operator=(const ErrorsGoTo&) = delete;

 private:
  const int kept_ = ::dup(STDERR_FILENO);
};

class ProgressSignals : public ProgressTest, public ::testing::WithParamInterface<bool> {};

// With a folder that goes, too, made before the line is shown or after it.
TEST_P(ProgressSignals, EraseTheLineThenDoWhatTheyDid) {
  for (const int signal : kEndingSignals) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const ErrorsGoTo pipe{ends[1]};
      std::signal(signal, SIG_DFL);  // whatever the test was started with
      RemovedOnSignal folder{RemovedOnSignal::Files::Kept};
      const std::string name = testing::TempDir() + "progress_" + std::to_string(::getpid());
      if (GetParam()) {
        folder.create(name);
      }
      Progress progress{out, 80, clock};
      now = 2.0;
      progress.update(state(1, 0));
      if (!GetParam()) {
        folder.create(name);
      }
      ::raise(signal);
      std::_Exit(0);
    }
    ::close(ends[1]);
    std::string written(80, '\0');
    written.resize(static_cast<std::size_t>(::read(ends[0], written.data(), written.size())));
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(written, kEraseLine);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    EXPECT_FALSE(std::filesystem::exists(testing::TempDir() + "progress_" + std::to_string(child)));
  }
}

INSTANTIATE_TEST_SUITE_P(FolderFirst, ProgressSignals, ::testing::Bool());

TEST_F(ProgressTest, SignalsDoAgainWhatTheyDidWhenTheLineIsGone) {
  std::signal(SIGINT, SIG_DFL);
  struct sigaction during {};
  struct sigaction after {};
  {
    Progress progress{out, 80, clock};
    now = 2.0;
    progress.update(state(1, 0));
    ::sigaction(SIGINT, nullptr, &during);
  }
  ::sigaction(SIGINT, nullptr, &after);
  EXPECT_NE(during.sa_handler, SIG_DFL);
  EXPECT_EQ(after.sa_handler, SIG_DFL);
}

TEST(ProgressOnTerminal, IsNoneWhereALineCannotBeRewritten) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_TRUE(::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0);
  const int screen = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  std::ostringstream out;
  const auto shown = [&](int file, const char* kind) {
    ::setenv("TERM", kind, 1);
    const ErrorsGoTo errors{file};
    return progress_on_terminal(out) != nullptr;
  };
  EXPECT_TRUE(shown(screen, "xterm"));
  EXPECT_FALSE(shown(screen, "dumb"));
  const int no_terminal = ::open("/dev/null", O_WRONLY);
  EXPECT_FALSE(shown(no_terminal, "xterm"));
  ::close(no_terminal);
  ::close(screen);
  ::close(terminal);
}

TEST(MismatchLine, NamesTheElementAndBothValues) {
  EXPECT_EQ(mismatch_line({3, "conv2", {0, 4, 5, 17}, 12, 13, 57}),
            "MISMATCH layer 'conv2' inference 3 index [0, 4, 5, 17]: expected 12, got 13 (57 "
            "elements differ)");
  EXPECT_EQ(mismatch_line({0, "fc", {0, 1}, -1, 1, 1}),
            "MISMATCH layer 'fc' inference 0 index [0, 1]: expected -1, got 1 (1 element differs)");
}

TEST(ProgressLine, OfASweepEstimatesFromThePointsThatRan) {
  // Five of nine are done, one of them found finished: four in two seconds, four left.
  EXPECT_EQ(progress_line(SweepProgress{5, 4, 9, 1}, 2, 200),
            "[###########         ] 5 of 9 points, 1 failed  2 points/s  2 s left");
  EXPECT_EQ(progress_line(SweepProgress{3, 0, 9, 0}, 2, 200),
            "[######              ] 3 of 9 points");
  EXPECT_EQ(progress_line(SweepProgress{5, 4, 9, 1}, 2, 10), "[########…");
}

}  // namespace
}  // namespace systole::app
