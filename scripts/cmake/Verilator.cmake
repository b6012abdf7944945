# Finds Verilator and wraps its verilate().
#
# SYSTOLE_HAS_VERILATOR says whether models in SystemVerilog can be built.

option(SYSTOLE_RTL "Build the SystemVerilog models where Verilator is installed" ON)

set(SYSTOLE_HAS_VERILATOR OFF)
if(SYSTOLE_RTL)
  find_package(verilator 5 QUIET)
  if(verilator_FOUND)
    set(SYSTOLE_HAS_VERILATOR ON)
  else()
    message(STATUS
      "Verilator 5 (Debian: verilator) not found: --engine verilated and its tests are left out")
  endif()
endif()

# systole_verilate(TARGET TOP module PREFIX class SOURCES... PARAMETERS NAME=VALUE...): adds the
# module with these parameters to the library TARGET, as a C++ class. The code is optimised in
# every build type, and neither sanitized nor measured: it is not ours to debug. Tests lint it.
# Verilator 5.006 folds some trees of one-bit operations wrongly (psums of the gates that Yosys
# makes of a 4x4 array were 2^15 off), so that optimisation is left out.
function(systole_verilate target)
  cmake_parse_arguments(arg "" "TOP;PREFIX" "SOURCES;PARAMETERS" ${ARGN})
  list(TRANSFORM arg_PARAMETERS PREPEND "-G")
  set(flags -O2 -g0 -fno-sanitize=all -fno-profile-arcs -fno-test-coverage)
  verilate(${target} TOP_MODULE ${arg_TOP} PREFIX ${arg_PREFIX} SOURCES ${arg_SOURCES}
    VERILATOR_ARGS -Wno-fatal -fno-const-bit-op-tree --x-assign fast --x-initial fast ${arg_PARAMETERS}
    OPT_FAST ${flags} OPT_SLOW -O1 -g0 -fno-sanitize=all -fno-profile-arcs -fno-test-coverage
    OPT_GLOBAL ${flags})
endfunction()
