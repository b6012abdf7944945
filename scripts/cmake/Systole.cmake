# Flags and the two functions that every folder's CMakeLists.txt uses.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(systole_options INTERFACE)
target_compile_features(systole_options INTERFACE cxx_std_17)
target_include_directories(systole_options INTERFACE "${PROJECT_SOURCE_DIR}")
# False alarms of g++ 12 at -O3, inside Boost.Container and std::variant.
set(SYSTOLE_FALSE_ALARMS -Wno-stringop-overread -Wno-stringop-overflow -Wno-array-bounds
  -Wno-maybe-uninitialized)
target_compile_options(systole_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  "$<$<CXX_COMPILER_ID:GNU>:${SYSTOLE_FALSE_ALARMS}>"
  $<$<BOOL:${SYSTOLE_WERROR}>:-Werror>)

# Programs whose time matters: what they link of HOT libraries is optimized as one, and their memory
# comes from jemalloc. Tests link the same objects as they are, which is quicker. (Only g++ writes
# objects for both; sanitizers, in other builds than Release, bring a malloc of their own.)
set(SYSTOLE_RELEASED_BY_GNU $<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>)
find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
add_library(systole_quick_program INTERFACE)
target_link_options(systole_quick_program INTERFACE
  "$<${SYSTOLE_RELEASED_BY_GNU}:-flto=auto;${SYSTOLE_FALSE_ALARMS}>")
target_link_libraries(systole_quick_program INTERFACE $<$<CONFIG:Release>:${JEMALLOC_LIBRARY}>)

# systole_library(NAME [COLD|HOT] SOURCES... DEPS...): one static library per folder. COLD: what it
# does takes no time (reading files, writing reports), so it is compiled quickly. HOT: runs spend
# their time in it.
function(systole_library name)
  cmake_parse_arguments(arg "COLD;HOT" "" "SOURCES;DEPS" ${ARGN})
  add_library(systole_${name} STATIC ${arg_SOURCES})
  add_library(systole::${name} ALIAS systole_${name})
  target_link_libraries(systole_${name} PUBLIC ${arg_DEPS} PRIVATE systole_options)
  target_include_directories(systole_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  if(arg_COLD)
    target_compile_options(systole_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(arg_HOT)
    target_compile_options(systole_${name} PRIVATE
      $<${SYSTOLE_RELEASED_BY_GNU}:-flto -ffat-lto-objects>)
  endif()
endfunction()

# Seconds that one test of a tier may take; more where the code is instrumented.
set(SYSTOLE_TIMEOUT_FACTOR 1 CACHE STRING "What the tests' time limits are multiplied by")
set(SYSTOLE_TIMEOUT_unit 10)
set(SYSTOLE_TIMEOUT_timing 10)
set(SYSTOLE_TIMEOUT_property 120)
set(SYSTOLE_TIMEOUT_golden 60)
set(SYSTOLE_TIMEOUT_system 300)
foreach(label unit timing property golden system)
  math(EXPR SYSTOLE_TIMEOUT_${label} "${SYSTOLE_TIMEOUT_${label}} * ${SYSTOLE_TIMEOUT_FACTOR}")
endforeach()

# Tests spend their time in the libraries that they test: they themselves are compiled quickly.
add_library(systole_test_options INTERFACE)
target_link_libraries(systole_test_options INTERFACE systole_options)
target_compile_options(systole_test_options INTERFACE $<$<CONFIG:Release>:-Og>)
target_compile_definitions(systole_test_options INTERFACE
  SYSTOLE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SYSTOLE_BINARY_DIR="${PROJECT_BINARY_DIR}")

# systole_test_support(NAME SOURCES... DEPS...): what several tests share, compiled once.
function(systole_test_support name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_library(systole_test_${name} STATIC ${arg_SOURCES})
  add_library(systole_test::${name} ALIAS systole_test_${name})
  target_link_libraries(systole_test_${name} PUBLIC ${arg_DEPS} PRIVATE GTest::gtest systole_test_options)
endfunction()

# systole_test(NAME LABEL SOURCES... DEPS...): every TEST gets its own process
# (SystemC elaborates once in each), a label for `ctest -L`, and the timeout of its tier.
function(systole_test name label)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} systole_test_main systole_test_options)
  gtest_discover_tests(${name} PROPERTIES LABELS ${label} TIMEOUT ${SYSTOLE_TIMEOUT_${label}}
    DISCOVERY_TIMEOUT 60 TEST_PREFIX "${label}/")
endfunction()

# systole_label(LABEL TEST...): what add_test() made gets the label and the timeout of its tier, too.
function(systole_label label)
  set_tests_properties(${ARGN} PROPERTIES LABELS ${label} TIMEOUT ${SYSTOLE_TIMEOUT_${label}})
endfunction()
