# Writes OUTPUT, C++ that holds the bytes of files by their names; PARTS is a list of NAME=FILE.
set(arrays "")
set(list "")
set(index 0)
foreach(part IN LISTS PARTS)
  string(REGEX MATCH "^([^=]+)=(.*)$" matched "${part}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kPart${index}[] = {\n${bytes}};\n")
  string(APPEND list "    {\"${name}\", text_of(kPart${index})},\n")
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

std::map<std::string, std::string> page_parts() {
  return {
${list}  };
}

}  // namespace systole
")
