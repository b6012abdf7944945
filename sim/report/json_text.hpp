#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace systole {

/// What a JSON text says. Throws std::runtime_error "is no JSON, at byte 12" and the like for what
/// is none, for a key that an object has twice, and for more than kDeepestJson lists and objects in
/// each other: what walks such a tree calls itself as often.
nlohmann::ordered_json parse_json(const std::string& text);

constexpr int kDeepestJson = 64;  // what Systole writes has less than 10

}  // namespace systole
