#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/config/accelerator_rules.hpp"

namespace systole {

/// What a machine without other mistakes may still break, such as what its energy table has.
using AcceleratorRules = std::function<std::vector<BrokenRule>(const AcceleratorConfig&)>;

/// Reads an accelerator; keys, units, ranges and defaults: configs/README.md.
/// `overrides` are `key.path=value` as --set gives them; a relative energy.table or
/// dram.preset in one of them is relative to the working directory, in the file to the file's
/// folder; a table that is not named is the one that ships with Systole. The files it names must be
/// there. Throws ConfigError with every mistake, of the rules of others too.
AcceleratorConfig load_accelerator(const std::string& path,
                                   const std::vector<std::string>& overrides = {},
                                   const AcceleratorRules& others = {});

/// The same from text; `file` is for messages and for what is relative to it. The files that it
/// names need not be there.
AcceleratorConfig parse_accelerator(const std::string& text, const std::string& file,
                                    const std::vector<std::string>& overrides = {},
                                    const AcceleratorRules& others = {});

/// What the reader of `key` ("array.rows") has against `value`, YAML as --set takes it: "expected
/// an integer in 1..1024, found 'x'". Empty for what a machine may have, whatever rules between
/// keys say: other keys decide those.
std::string refusal_of_value(const std::string& key, const std::string& value);

/// Whether a dram.preset is a file, and not the name of a memory that ships with Systole.
bool is_file_name(const std::string& preset);

/// The file of a banked memory, from the working directory.
std::string dram_preset_file(const DramConfig& config);

/// Every key with its value and unit, defaults filled in. Reads back equal.
std::string accelerator_to_yaml(const AcceleratorConfig& config);

}  // namespace systole
