#include "tests/system/browser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace systole::test {

using ::testing::HasSubstr;
using ::testing::Not;

bool browser_is_there() { return std::system("command -v chromium >/dev/null 2>&1") == 0; }

std::string drawn_by_browser(const std::string& page, const TemporaryFolder& folder) {
  const std::string out = folder.file("dom");
  const std::string err = folder.file("console");
  // The sandbox needs rights that a container or root does not give; the page loads nothing.
  const std::string command =
      "timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir='" +
      folder.file("home") +
      "' --virtual-time-budget=5000 --enable-logging=stderr --dump-dom 'file://" + page + "' >'" +
      out + "' 2>'" + err + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << read_file(err);
  EXPECT_THAT(read_file(err), Not(HasSubstr("CONSOLE")));
  std::string dom = read_file(out);
  EXPECT_THAT(dom, HasSubstr("data-done=\"true\""));
  EXPECT_THAT(dom, Not(HasSubstr("data-errors")));
  return dom;
}

std::string drawn_by_browser_after(const std::string& script, const std::string& page,
                                   const TemporaryFolder& folder) {
  const std::string end = "</body>";
  std::string text = read_file(page);
  text.insert(text.rfind(end), "<script>" + script + "</script>\n");
  const std::string scripted = folder.file("scripted.html");
  write_file(scripted, text);
  return drawn_by_browser(scripted, folder);
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace systole::test
