#include "models/dram/banked/address_mapping.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/scalar.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/network/refusal.hpp"

namespace systole::dram {
namespace {

std::uint32_t log2_of(std::uint32_t power_of_two) {
  std::uint32_t bits = 0;
  while ((1U << bits) < power_of_two) {
    ++bits;
  }
  return bits;
}

/// One name of a pattern, with its number of bits where that is given.
struct Word {
  std::string name;
  std::uint32_t bits = 0;
  bool sized = false;
};

/// Of a word without a number behind its dot, a mistake.
Word parse_word(const std::string& text, std::vector<std::string>& mistakes) {
  const auto dot = text.find('.');
  Word word{text.substr(0, dot)};
  if (dot != std::string::npos) {
    word.sized = true;
    if (parse_integer(text.substr(dot + 1), word.bits) != ScalarResult::Ok || word.bits == 0) {
      mistakes.push_back(
          fmt::format("expected a number of bits after the dot of {}", quoted(text)));
    }
  }
  return word;
}

/// The words from the lowest address bits up.
std::vector<Word> words_upward(const std::string& pattern, std::vector<std::string>& mistakes) {
  std::vector<Word> words;
  std::size_t start = 0;
  while (start <= pattern.size()) {
    const std::size_t end = std::min(pattern.find(':', start), pattern.size());
    words.push_back(parse_word(pattern.substr(start, end - start), mistakes));
    start = end + 1;
  }
  std::reverse(words.begin(), words.end());
  return words;
}

/// What a pattern has to lay out.
struct Piece {
  const char* name;
  std::uint32_t position;  // of its lowest bit in the packed fields
  std::uint32_t bits;
  std::uint32_t taken = 0;
  bool takes_more = false;
};

/// Of all pieces.
const std::vector<std::string> kNames{"channel", "pseudo_channel", "rank", "bank_group", "bank",
                                      "row",     "column"};

/// Words that are no field, or fields given twice without numbers.
void check_names(const std::vector<Word>& words, std::vector<std::string>& mistakes) {
  for (auto word = words.rbegin(); word != words.rend(); ++word) {  // as they were written
    if (std::find(kNames.begin(), kNames.end(), word->name) == kNames.end()) {
      mistakes.push_back(fmt::format("{} is no field of an address, expected {}{}",
                                     quoted(word->name), choice_list(kNames),
                                     did_you_mean(word->name, kNames)));
    } else if (!word->sized && std::any_of(words.rbegin(), word, [&](const Word& before) {
                 return before.name == word->name && !before.sized;
               })) {
      mistakes.push_back(fmt::format("{} is given twice", quoted(word->name)));
    }
  }
}

}  // namespace

AddressMapping::AddressMapping(const Config& config) {
  std::vector<std::string> mistakes;
  *this = AddressMapping{config, mistakes};
  if (!mistakes.empty()) {
    throw Refusal{fmt::format("{}", fmt::join(mistakes, "; "))};
  }
}

std::vector<std::string> AddressMapping::mistakes_in(const Config& config) {
  std::vector<std::string> mistakes;
  const AddressMapping mapping{config, mistakes};
  return mistakes;
}

std::vector<std::string> AddressMapping::misnamed_in(const std::string& pattern) {
  std::vector<std::string> mistakes;
  check_names(words_upward(pattern, mistakes), mistakes);
  return mistakes;
}

AddressMapping::AddressMapping(const Config& config, std::vector<std::string>& mistakes)
    : offset_bits_{log2_of(config.organization.burst_bytes())}, row_period_{config.request_bytes} {
  const Organization& parts = config.organization;
  const std::uint32_t bank = log2_of(parts.banks_per_group);
  const std::uint32_t group = log2_of(parts.bank_groups);
  const std::uint32_t rank = log2_of(parts.ranks);
  std::vector<Piece> pieces = {
      {"channel", kChannel, log2_of(parts.channels)},
      {"pseudo_channel", kBank + bank + group + rank, log2_of(parts.pseudo_channels)},
      {"rank", kBank + bank + group, rank},
      {"bank_group", kBank + bank, group},
      {"bank", kBank, bank},
      {"row", kRow, log2_of(parts.rows)},
      {"column", kColumn, log2_of(parts.bursts_per_row())},
  };
  const std::vector<Word> words = words_upward(config.mapping, mistakes);
  check_names(words, mistakes);
  if (!mistakes.empty()) {
    return;  // bits of words that are wrong would be missed or too many
  }
  std::uint32_t shift = 0;
  for (const auto& word : words) {
    const auto piece = std::find_if(pieces.begin(), pieces.end(),
                                    [&](const Piece& p) { return p.name == word.name; });
    std::uint32_t named_below = 0;  // sized parts of the same field that come later
    for (const Word* other = &word + 1; other < words.data() + words.size(); ++other) {
      named_below += other->name == word.name ? other->bits : 0;
    }
    const std::uint32_t left = piece->bits - piece->taken;
    std::uint32_t bits = word.sized ? word.bits : left - std::min(left, named_below);
    if (bits > left) {
      piece->takes_more = true;
      bits = left;
    }
    if (bits != 0) {
      parts_.push_back({shift, piece->position + piece->taken, (std::uint64_t{1} << bits) - 1});
    }
    piece->taken += bits;
    shift += bits;
    if (piece->position != kRow && bits != 0) {
      row_period_ = std::max(row_period_, std::uint64_t{1} << (offset_bits_ + shift));
    }
  }
  for (const auto& piece : pieces) {
    if (piece.takes_more) {
      mistakes.push_back(
          fmt::format("{} has {} bits, and the pattern takes more", piece.name, piece.bits));
    } else if (piece.taken != piece.bits) {
      mistakes.push_back(fmt::format("{} bits of {} are missing in the pattern",
                                     piece.bits - piece.taken, piece.name));
    }
  }
  const std::uint32_t request_bits = log2_of(config.bursts_per_request());
  if (std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) {
        return part.position >= kChannel && part.shift < request_bits;
      })) {
    mistakes.emplace_back("the bursts of one request would lie in several channels");
  }
}

}  // namespace systole::dram
