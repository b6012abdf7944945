#include "sim/config/digest.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <filesystem>
#include <limits>

#include "sim/config/checked_yaml.hpp"
#include "sim/config/named_files.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const std::string& file) {
  return read_text_file(file, std::numeric_limits<std::size_t>::max());
}

}  // namespace

std::string digest(const std::string& text) {
  const boost::uuids::name_generator_sha1 generator{boost::uuids::ns::oid()};
  return boost::uuids::to_string(generator(text));
}

std::string digest_of_file(const std::string& path) {
  const fs::path folder = fs::path{path}.parent_path().lexically_normal();
  std::string lines = digest(bytes_of(path));
  for (const std::string& file : files_named_in(path)) {
    lines +=
        '\n' + fs::path{file}.lexically_relative(folder).string() + ' ' + digest(bytes_of(file));
  }
  return digest(lines);
}

}  // namespace systole
