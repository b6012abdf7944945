# Writes OUTPUT, C++ that holds the bytes of the files PARTS: style first, then scripts in the order
# in which a page runs them.
set(arrays "")
set(list "")
set(index 0)
foreach(part IN LISTS PARTS)
  file(READ "${part}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kPart${index}[] = {\n${bytes}};\n")
  string(APPEND list "    text_of(kPart${index}),\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made by sim/report/html/embed.cmake.
#include \"sim/report/html/page_parts.hpp\"

namespace systole {
namespace {

${arrays}
template <std::size_t n>
std::string text_of(const unsigned char (&bytes)[n]) {
  return {bytes, bytes + n};
}

}  // namespace

std::vector<std::string> page_parts() {
  return {
${list}  };
}

}  // namespace systole
")
