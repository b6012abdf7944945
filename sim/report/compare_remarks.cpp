#include "sim/report/compare_remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"

namespace systole {
namespace {

/// "1", "1 and 2", "1, 2 and 3".
std::string enumerated(const std::vector<std::string>& texts) {
  std::string out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out += i == 0 ? "" : i + 1 == texts.size() ? " and " : ", ";
    out += texts[i];
  }
  return out;
}

/// What reports say, each with the numbers of the reports that say it.
class Sayings {
 public:
  void add(const std::string& what, std::size_t report) {
    auto found = std::find_if(said_.begin(), said_.end(),
                              [&](const auto& saying) { return saying.first == what; });
    if (found == said_.end()) {
      found = said_.emplace(said_.end(), what, std::vector<std::string>{});
    }
    found->second.push_back(std::to_string(report + 1));
  }
  bool empty() const { return said_.empty(); }
  bool differ() const { return said_.size() > 1; }

  /// "this in 1 and 3, that in 2".
  std::string text(const char* between = ", ") const {
    std::string out;
    for (const auto& [what, reports] : said_) {
      out += (out.empty() ? "" : between) + what + " in " + enumerated(reports);
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> said_;
};

/// Of one network some layers alone may have run.
std::string networks_remark(const std::vector<ComparedFigures>& figures) {
  constexpr std::size_t kShown = 40;  // columns of a name
  Sayings networks;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const ComparedFigures& f = figures[i];
    networks.add(fmt::format("{} ({} {})", cut_to_width(f.workload, kShown), f.layers.size(),
                             f.layers.size() == 1 ? "layer" : "layers"),
                 i);
  }
  return networks.differ() ? "The networks differ: " + networks.text() + "." : "";
}

std::string checks_remark(const std::vector<ComparedFigures>& figures) {
  Sayings failed;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (figures[i].check == "fail") {
      failed.add("failed", i);
    }
  }
  return failed.empty() ? ""
                        : "The check against the golden model " + failed.text() +
                              ": what ran there is not the network.";
}

std::string data_remark(const std::vector<ComparedFigures>& figures) {
  Sayings data;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (!figures[i].data.empty()) {
      data.add(figures[i].data, i);
    }
  }
  return data.differ() ? "The data differ: " + data.text() + "." : "";
}

std::string accuracies_remark(const std::vector<ComparedFigures>& figures) {
  Sayings accuracies;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (figures[i].accuracy) {
      accuracies.add(percent(*figures[i].accuracy, 1), i);
    }
  }
  return accuracies.differ() ? "The accuracies differ: " + accuracies.text() + "." : "";
}

std::string settings_remark(const std::vector<ComparedFigures>& figures) {
  std::map<std::string, Sayings> settings;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    for (const auto& [key, value] : figures[i].energy_settings) {
      settings[key].add(value, i);
    }
  }
  std::string differing;
  for (const auto& [key, values] : settings) {
    if (values.differ()) {
      differing +=
          fmt::format("{}energy.{} is {}", differing.empty() ? "" : "; ", key, values.text());
    }
  }
  return differing.empty() ? "" : "The energies are of different settings: " + differing + ".";
}

bool one_or_unsaid(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || a == b;
}

std::string tables_remark(const std::vector<ComparedFigures>& figures) {
  const auto differs = [&](const auto& is_one) {
    return std::any_of(figures.begin(), figures.end(), [&](const ComparedFigures& a) {
      return std::any_of(figures.begin(), figures.end(),
                         [&](const ComparedFigures& b) { return !is_one(a, b); });
    });
  };
  const std::string remedy = ": compare under one ('systole energy --json').";
  if (differs([](const auto& a, const auto& b) { return a.energy_table == b.energy_table; })) {
    return "The energies are of different tables" + remedy;
  }
  if (differs([](const auto& a, const auto& b) {
        return one_or_unsaid(a.table_digest, b.table_digest);
      })) {
    return "The energies are of tables of one name and different values" + remedy;
  }
  return "";
}

/// Whether the table and its settings, as far as both reports give them, are the same.
bool priced_alike(const ComparedFigures& a, const ComparedFigures& b) {
  return a.energy_table == b.energy_table && one_or_unsaid(a.table_digest, b.table_digest) &&
         std::all_of(a.energy_settings.begin(), a.energy_settings.end(), [&](const auto& setting) {
           const auto other = b.energy_settings.find(setting.first);
           return other == b.energy_settings.end() || other->second == setting.second;
         });
}

/// Other tables and settings bring other notes, and have their own remarks. What is left comes of
/// the machine (its number format, its DRAM's standard) or of a table that was changed.
std::string notes_remark(const std::vector<ComparedFigures>& figures) {
  constexpr std::size_t kShown = 60;  // columns of a note: enough to know it by
  Sayings notes;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const ComparedFigures& f = figures[i];
    for (const std::string& note : f.energy_notes.value_or(std::vector<std::string>{})) {
      const auto lacks_it = [&](const ComparedFigures& other) {
        return other.energy_notes && priced_alike(f, other) &&
               std::find(other.energy_notes->begin(), other.energy_notes->end(), note) ==
                   other.energy_notes->end();
      };
      if (std::any_of(figures.begin(), figures.end(), lacks_it)) {
        notes.add('"' + cut_to_width(note, kShown) + '"', i);
      }
    }
  }
  return notes.empty() ? "" : "The energy notes differ: " + notes.text() + ".";
}

std::string clocks_remark(const std::vector<ComparedFigures>& figures) {
  const auto duration = [](const ComparedFigures& f) {
    return f.clock_mhz > 0 ? static_cast<double>(f.cycles) / f.clock_mhz : 0;
  };
  Sayings clocks;
  std::vector<std::string> durations;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const ComparedFigures& f = figures[i];
    if (f.clock_mhz > 0) {
      clocks.add(fmt::format("{:.10g} MHz", f.clock_mhz), i);
    }
    durations.push_back(duration(f) > 0 ? times_first(duration(f), duration(figures.front()))
                                        : "-");
  }
  if (!clocks.differ()) {
    return "";
  }
  return "The clocks differ: " + clocks.text() +
         (duration(figures.front()) > 0
              ? "; in time the runs take " + enumerated(durations) + " of the first."
              : ".");
}

/// Also where all areas lack the same: of a larger memory that is in none of them, nothing shows.
std::string areas_remark(const std::vector<ComparedFigures>& figures) {
  Sayings missing;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (figures[i].area_mm2 && !figures[i].not_in_area.empty()) {
      missing.add(enumerated(figures[i].not_in_area), i);
    }
  }
  return missing.empty() ? ""
                         : "Areas lack what their tables do not give: " + missing.text("; ") + ".";
}

}  // namespace

std::vector<std::string> compare_remarks(const std::vector<ComparedFigures>& figures) {
  std::vector<std::string> remarks;
  const auto remark = [&](const std::string& what) {
    if (!what.empty()) {
      remarks.push_back(printable(what));
    }
  };
  remark(checks_remark(figures));
  remark(networks_remark(figures));
  remark(data_remark(figures));
  remark(accuracies_remark(figures));
  remark(tables_remark(figures));
  remark(settings_remark(figures));
  remark(notes_remark(figures));
  remark(clocks_remark(figures));
  remark(areas_remark(figures));
  const auto is_another = [&](const auto& f) { return f.version != figures.front().version; };
  if (std::any_of(figures.begin(), figures.end(), is_another)) {
    remark("The reports are of different versions of Systole: what differs may be its doing.");
  }
  return remarks;
}

}  // namespace systole
