#pragma once

#include <cstddef>
#include <string>

#include "tests/system/systole_process.hpp"

namespace systole::test {

bool browser_is_there();

/// The page as chromium leaves it once its scripts have run. Errors on its console, and sections
/// that could not be drawn, fail the test. `folder` gets what the browser writes.
std::string drawn_by_browser(const std::string& page, const TemporaryFolder& folder);

/// The same after `script`, which runs when the page is done.
std::string drawn_by_browser_after(const std::string& script, const std::string& page,
                                   const TemporaryFolder& folder);

std::size_t occurrences(const std::string& text, const std::string& what);

}  // namespace systole::test
