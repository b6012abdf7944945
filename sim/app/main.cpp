#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "sim/app/application.hpp"
#include "sim/kernel/systemc.hpp"

// Called by the kernel once it is ready.
int sc_main(int argc, char* argv[]) {
  // Standard output belongs to the report; the kernel's messages of progress are not part of it.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  const std::vector<std::string> arguments{argv + 1, argv + argc};
  return systole::app::run_application(arguments, std::cout, std::cerr);
}

// In place of the one in libsystemc, so that the kernel's banner does not precede `--help`.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", /*overwrite=*/1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
