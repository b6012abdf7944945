#include "sim/tflite/model_file.hpp"

#include <filesystem>
#include <fstream>

#include "sim/config/error_log.hpp"
#include "sim/config/unreadable.hpp"

namespace systole::tflite {
namespace {

// Offsets have 32 bits, one of them the sign.
constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 31;

constexpr flatbuffers::uoffset_t kMaxDepth = 16;
constexpr flatbuffers::uoffset_t kMaxTables = 1'000'000;

std::vector<std::uint8_t> read_bytes(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream in{path, std::ios::binary};
  if (error || !in) {
    throw ConfigError{{path + ": " + why_not_read(path)}};
  }
  if (size >= kMaxBytes) {
    throw ConfigError{{path + ": has 2 GiB or more, expected less"}};
  }
  std::vector<std::uint8_t> bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  const bool is_whole = in.good();
  in.peek();  // an error at the first byte of a file whose size is not known shows here
  if (!is_whole || in.bad()) {
    throw ConfigError{{path + ": cannot be read to its end"}};
  }
  return bytes;
}

}  // namespace

ModelFile::ModelFile(const std::string& path) : bytes_{read_bytes(path)} {
  constexpr std::size_t kHeader = 8;  // root offset and identifier
  if (bytes_.size() < kHeader || !file::ModelBufferHasIdentifier(bytes_.data())) {
    throw ConfigError{{path + ": is no TensorFlow Lite model (the identifier TFL3 is missing)"}};
  }
  flatbuffers::Verifier verifier{bytes_.data(), bytes_.size(), kMaxDepth, kMaxTables};
  if (!file::VerifyModelBuffer(verifier)) {
    throw ConfigError{{path + ": is damaged: an offset in it leads nowhere"}};
  }
}

}  // namespace systole::tflite
