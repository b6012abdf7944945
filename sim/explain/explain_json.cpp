#include <string>

#include "sim/explain/explain.hpp"
#include "sim/report/utf8.hpp"
#include "sim/report/version.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

Json explained_json(const Explained& what, const Explanation& all) {
  Json json{{"name", valid_utf8(what.name)},   {"cycles", what.cycles},   {"bound", what.bound},
            {"useful_pe_cycles", what.useful}, {"array_busy", what.busy}, {"twice", Json::array()}};
  for (const Gain& gain : what.gains) {
    json["twice"].push_back({{"resource", all.doublings[gain.doubling].resource},
                             {"cycles", gain.cycles},
                             {"saved_cycles", what.saved(gain)}});
  }
  return json;
}

}  // namespace

Json explain_json(const Explanation& all) {
  Json json{{"systole", version()},
            {"accelerator", valid_utf8(all.accelerator)},
            {"workload", valid_utf8(all.workload)},
            {"resources", Json::array()},
            {"total", explained_json(all.total, all)},
            {"layers", Json::array()},
            {"cliffs", Json::array()}};
  for (std::size_t d = 0; d < all.doublings.size(); ++d) {
    Json resource{{"resource", all.doublings[d].resource},
                  {"bound", all.doublings[d].bound},
                  {"set", all.doublings[d].keys}};
    resource["refused"] =
        all.refusals[d].empty() ? Json(nullptr) : Json(valid_utf8(all.refusals[d]));
    json["resources"].push_back(resource);
  }
  for (const Explained& layer : all.layers) {
    json["layers"].push_back(explained_json(layer, all));
  }
  for (const Cliff& cliff : all.cliffs) {
    json["cliffs"].push_back({{"layer", valid_utf8(cliff.layer_name)},
                              {"dimension", cliff.dimension},
                              {"array_key", cliff.array_key},
                              {"channels", cliff.channels},
                              {"surplus", cliff.surplus},
                              {"cycles", cliff.cycles},
                              {"cycles_without", cliff.cycles_without}});
  }
  return json;
}

}  // namespace systole
