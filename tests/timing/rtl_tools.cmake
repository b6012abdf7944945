# Other tools' word on models/rtl: Verilator's linter finds nothing to warn about, and Yosys turns
# it into gates without latches.
set(rtl "${PROJECT_SOURCE_DIR}/models/rtl")

# rtl_tool_test(NAME PROGRAM arguments...): runs PROGRAM in models/rtl; skipped where it is not.
function(rtl_tool_test name program)
  find_program(SYSTOLE_${program} ${program})
  if(SYSTOLE_${program})
    add_test(NAME "timing/${name}" COMMAND "${SYSTOLE_${program}}" ${ARGN}
      WORKING_DIRECTORY "${rtl}")
  else()
    add_test(NAME "timing/${name}" COMMAND "${CMAKE_COMMAND}" -E echo "${program} is not installed")
  endif()
  set_tests_properties("timing/${name}" PROPERTIES LABELS timing TIMEOUT 120
    SKIP_REGULAR_EXPRESSION "${program} is not installed")
endfunction()

rtl_tool_test(RtlSynthesis.GivesNoWarningAndNoLatch yosys -Q -q -e ".*" synthesize.ys)

foreach(parameters "1 1 8" "4 4 8" "3 5 8" "16 16 8" "4 1 16" "5 3 12")
  separate_arguments(parameters)
  list(GET parameters 0 rows)
  list(GET parameters 1 cols)
  list(GET parameters 2 bits)
  rtl_tool_test(RtlLint.SystolicArray${rows}x${cols}x${bits} verilator --lint-only -Wall
    --top systolic_array -GROWS=${rows} -GCOLS=${cols} -GACTIVATION_BITS=${bits}
    -GWEIGHT_BITS=${bits} delay_line.sv pe.sv systolic_array.sv)
endforeach()
foreach(latency 1 2 3 4 8)
  rtl_tool_test(RtlLint.RequantUnitLatency${latency} verilator --lint-only -Wall --top requant_unit
    -GLANES=2 -GLATENCY=${latency} delay_line.sv requant_lane.sv requant_unit.sv)
endforeach()
