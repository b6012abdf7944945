#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "models/dram/banked/address_mapping.hpp"
#include "models/dram/banked/config.hpp"
#include "sim/config/error_log.hpp"
#include "tests/support/dram_traces.hpp"

namespace systole::test {
namespace {

using dram::AddressMapping;
using dram::Config;

std::string preset_text(const std::string& name) {
  std::ifstream in{SYSTOLE_SOURCE_DIR "/configs/dram/" + name + ".yaml"};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The errors of a preset in which `from` is replaced by `to`.
std::string errors_with(const std::string& name, const std::string& from, const std::string& to) {
  std::string text = preset_text(name);
  text.replace(text.find(from), from.size(), to);
  try {
    dram::parse_config(text, "d.yaml");
  } catch (const ConfigError& error) {
    const std::string what = error.what();
    return what.substr(what.find(": ") + 2);  // without the place
  }
  return "";
}

TEST(DramConfig, EveryShippedPresetIsRead) {
  int presets = 0;
  for (const auto& file : std::filesystem::directory_iterator{SYSTOLE_SOURCE_DIR "/configs/dram"}) {
    if (file.path().extension() == ".yaml") {
      EXPECT_NO_THROW(dram::load_config(file.path().string())) << file.path();
      ++presets;
    }
  }
  EXPECT_EQ(presets, 4);
}

TEST(DramConfig, PresetsHaveTheirPartsCapacityAndBandwidth) {
  constexpr std::uint64_t kGib = std::uint64_t{1} << 30U;
  const Config ddr4 = preset("ddr4_2400");
  EXPECT_EQ(ddr4.organization.capacity_bytes(), 8 * kGib);
  EXPECT_NEAR(ddr4.peak_gb_per_s(), 19.2, 1e-6);
  EXPECT_EQ(ddr4.organization.burst_bytes(), 64U);
  const Config lpddr4 = preset("lpddr4_3200");
  EXPECT_EQ(lpddr4.organization.capacity_bytes(), 2 * kGib);
  EXPECT_NEAR(lpddr4.peak_gb_per_s(), 12.8, 1e-6);
  const Config hbm2 = preset("hbm2");
  EXPECT_EQ(hbm2.organization.capacity_bytes(), 8 * kGib);
  EXPECT_NEAR(hbm2.peak_gb_per_s(), 256, 1e-6);
  EXPECT_EQ(hbm2.bursts_per_request(), 2U);
  const Config ddr3 = preset("ddr3_2133");  // Jouppi et al., ISCA 2017: 8 GiB, 34 GB/s
  EXPECT_EQ(ddr3.organization.capacity_bytes(), 8 * kGib);
  EXPECT_NEAR(ddr3.peak_gb_per_s(), 34.1, 0.05);
}

// For a whole rank or, of HBM2, a whole channel of two pseudo channels.
TEST(DramConfig, CurrentsGiveThePublishedEnergyOfEachOperation) {
  const auto expect = [](const std::string& name, double scale, double activate_nj, double read_nj,
                         double write_nj, double refresh_nj, double active_mw,
                         double precharged_mw) {
    const dram::OperationEnergies e = preset(name).energies;
    EXPECT_NEAR(scale * e.activate_pj / 1000, activate_nj, 0.005) << name;
    EXPECT_NEAR(scale * e.read_pj / 1000, read_nj, 0.006) << name;
    EXPECT_NEAR(scale * e.write_pj / 1000, write_nj, 0.006) << name;
    EXPECT_NEAR(scale * e.refresh_pj / 1000, refresh_nj, 0.02 * refresh_nj) << name;
    EXPECT_NEAR(scale * e.active_mw, active_mw, 0.6) << name;
    EXPECT_NEAR(scale * e.precharged_mw, precharged_mw, 0.6) << name;
  };
  expect("ddr4_2400", 1, 3.46, 2.94, 2.56, 695, 413, 326);
  expect("lpddr4_3200", 1, 2.41, 2.70, 1.98, 45, 74, 67);
  expect("hbm2", 2, 0.83, 0.80, 1.07, 82, 66, 48);  // tRFC 350 ns; 61 nJ are at 260 ns
}

TEST(DramConfig, EnergiesMayBeGivenForEachOperation) {
  std::string text = preset_text("ddr4_2400");
  text.resize(text.find("power:"));
  text +=
      "power:\n  operations: {activate_pj: 1, read_pj: 2, write_pj: 3, refresh_pj: 4, "
      "active_mw: 5, precharged_mw: 6}\n";
  const Config config = dram::parse_config(text, "d.yaml");
  EXPECT_EQ(config.energies.write_pj, 3);
  EXPECT_EQ(config.energies.precharged_mw, 6);
}

TEST(DramConfig, ErrorsNameTheKeyAndWhatIsExpected) {
  EXPECT_EQ(errors_with("ddr4_2400", "banks_per_group: 4", "banks_per_group: 3"),
            "organization.banks_per_group: 3 is no power of two, expected one");
  EXPECT_EQ(errors_with("ddr4_2400", "  rcd: 17", "  rcdd: 17"),
            "timing.rcd: missing, expected an integer in 1..100000\n"
            "d.yaml:24:3: timing.rcdd: unknown key (did you mean 'rcd'?)");
  EXPECT_EQ(errors_with("ddr4_2400", "ccd_s: 4 ", "ccd_s: 3 "),
            "timing.ccd_s: 3 is less than the 4 cycles of a burst");
  EXPECT_EQ(
      errors_with("ddr4_2400", "rtw: 11", "rtw: 8"),
      "timing.rtw: 8 is less than the 9 of cl - cwl + burst: data of a write would meet those "
      "of the read before");
  EXPECT_EQ(errors_with("ddr4_2400", "rtw: 11", "rtw: 9"), "");
  EXPECT_EQ(
      errors_with("ddr4_2400", "refi: 9360", "refi: 430"),
      "timing.refi: 430 is less than the 498 cycles in which rows are surely closed, refreshed "
      "(rfc 420) and one of them read or written");
  EXPECT_EQ(errors_with("ddr4_2400", "refi: 9360", "refi: 498"), "");
  EXPECT_EQ(errors_with("ddr4_2400", "refi: 9360", "refi: 0"), "");
  EXPECT_EQ(errors_with("ddr4_2400", "page_policy: open", "page_policy: close"),
            "controller.page_policy: expected open or closed, found 'close' (did you mean "
            "'closed'?)");
  EXPECT_EQ(errors_with("hbm2", "read_entries: 64", "read_entries: 1"),
            "controller.read_entries: 1 entries do not hold the 2 bursts of one request");
}

TEST(DramConfig, CurrentsThatGiveANegativeEnergyAreErrors) {
  EXPECT_EQ(errors_with("ddr4_2400", "idd4r: 135", "idd4r: 10"),
            "power.rails[0].idd4r: 10 gives a negative energy, expected at least idd3n 43");
  EXPECT_EQ(
      errors_with("ddr4_2400", "idd4r: 135, idd4w: 123, idd5: 250",
                  "idd4r: 43, idd4w: 42, idd5: 41"),
      "power.rails[0].idd4w: 42 gives a negative energy, expected at least idd3n 43\n"
      "d.yaml:59:80: power.rails[0].idd5: 41 gives a negative energy, expected at least idd3n 43");
  EXPECT_EQ(
      errors_with("ddr4_2400", "idd0: 48", "idd0: 40"),
      "power.rails[0].idd0: 40 gives a negative energy, expected at least 40.2679, for over rc "
      "56 it contains idd3n 43 over ras 39 and idd2n 34 over the rest");
  EXPECT_EQ(errors_with("ddr4_2400", "rc: 56", "rc: 38"), "timing.rc: 38 is less than ras 39");
}

TEST(DramConfig, FieldsAreNamedRightWhateverTheirSizes) {
  std::string text = preset_text("ddr4_2400");
  text.replace(text.find("columns: 1024"), 13, "columns: 1000");
  text.replace(text.find("bank:bank_group:channel"), 15, "bank:bank_goup");
  try {
    dram::parse_config(text, "d.yaml");
    FAIL() << "was taken";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.lines(),
                testing::ElementsAre(testing::HasSubstr("columns: 1000 is no power of two"),
                                     testing::HasSubstr("mapping: 'bank_goup' is no field")));
  }
}

TEST(DramConfig, NoMistakeHidesAnother) {
  std::string text = preset_text("ddr4_2400");
  const auto put = [&](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  put("page_policy: open", "page_policy: shut");
  put("rows: 65536", "rows: 0");
  put("row:rank:column:bank:bank_group:channel", "row:rank:column:bank:bankgroup:channel");
  put("idd4r: 135", "idd4r: 10");
  try {
    dram::parse_config(text, "d.yaml");
    FAIL() << "was taken";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.lines(),
                testing::ElementsAre(testing::HasSubstr("organization.rows: 0 is out of range"),
                                     testing::HasSubstr("mapping: 'bankgroup' is no field"),
                                     testing::HasSubstr("controller.page_policy: expected open"),
                                     testing::HasSubstr("idd4r: 10 gives a negative energy")));
  }
}

// Micron TN-40-07: IDD0 is the average of all tRC, IDD3N of tRAS and IDD2N of tRC - tRAS.
TEST(DramConfig, AnActivationIsWhatARowCycleDrawsAboveItsStandby) {
  std::string text = preset_text("ddr4_2400");
  text.replace(text.find("rc: 56"), 6, "rc: 80");
  EXPECT_NEAR(dram::parse_config(text, "d.yaml").energies.activate_pj,
              8 * 1.2 * (2.5 / 3) * (48.0 * 80 - 43 * 39 - 34 * (80 - 39)), 1e-9);
}

TEST(DramConfig, CurrentsOfNoRailAreErrors) {
  std::string text = preset_text("ddr4_2400");
  text.resize(text.find("power:"));
  text += "power: {devices: 8, rails: []}\n";
  try {
    dram::parse_config(text, "d.yaml");
    ADD_FAILURE() << "expected an error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("rails: is empty, expected at least one rail"));
  }
}

// Data sheets round the currents of each rail by themselves.
TEST(DramConfig, OfSeveralRailsOnlyTheSumMayNotBeNegative) {
  const std::string from = "idd4r: 2.25,";
  EXPECT_EQ(errors_with("lpddr4_3200", from, "idd4r: 2.2,"), "");
  EXPECT_EQ(errors_with("lpddr4_3200", "idd4r: 275", "idd4r: 29"),
            "power.rails[1].idd4r: 29 gives a negative energy, expected at least idd3n 30");
}

TEST(DramConfig, EqualCurrentsGiveNoEnergyAtAll) {
  std::string text = preset_text("ddr4_2400");
  text.resize(text.find("power:"));
  text +=
      "power:\n  devices: 1\n  rails: [{volts: 1.2, idd0: 0.7, idd2n: 0.7, idd3n: 0.7, idd4r: 0.7, "
      "idd4w: 0.7, idd5: 0.7}]\n";
  const dram::OperationEnergies energies = dram::parse_config(text, "d.yaml").energies;
  EXPECT_EQ(energies.activate_pj, 0);
  EXPECT_EQ(energies.read_pj, 0);
}

TEST(DramConfig, PatternsThatDoNotFitAreErrors) {
  const auto error = [](const std::string& mapping) {
    return errors_with("ddr4_2400", "row:rank:column:bank:bank_group:channel", mapping);
  };
  EXPECT_EQ(error("row:column:bank:bankgroup"),
            "mapping: 'bankgroup' is no field of an address, expected channel, pseudo_channel, "
            "rank, bank_group, bank, row or column (did you mean 'bank_group'?)");
  EXPECT_EQ(error("row:column:bank"), "mapping: 2 bits of bank_group are missing in the pattern");
  EXPECT_EQ(error("row"),
            "mapping: 2 bits of bank_group are missing in the pattern\n"
            "d.yaml:43:10: mapping: 2 bits of bank are missing in the pattern\n"
            "d.yaml:43:10: mapping: 7 bits of column are missing in the pattern");
  EXPECT_EQ(error("row:column:bank:bank_group:row"), "mapping: 'row' is given twice");
  EXPECT_EQ(error("row:column:bank:bank_group.3"),
            "mapping: bank_group has 2 bits, and the pattern takes more");
  EXPECT_EQ(error("row:column:bank.5:bank.6:bank_group"),
            "mapping: bank has 2 bits, and the pattern takes more");
  EXPECT_EQ(error("row:column.x:bank:bank_group"),
            "mapping: expected a number of bits after the dot of 'column.x'");
  EXPECT_EQ(errors_with("hbm2", "channel:pseudo_channel", "pseudo_channel:channel"),
            "mapping: the bursts of one request would lie in several channels");
}

TEST(DramMapping, FieldsLieWhereThePatternPutsThem) {
  Config config = preset("ddr4_2400");  // bursts of 64 B, 128 in a row, 4 groups of 4 banks
  config.mapping = "row:bank:bank_group:column";
  const AddressMapping column_lowest{config};
  const auto second_row = column_lowest.locate(128 * 64 * 16 + 64);
  EXPECT_EQ(second_row.row, 1U);
  EXPECT_EQ(second_row.column, 1U);
  EXPECT_EQ(second_row.bank, 0U);
  EXPECT_EQ(column_lowest.locate(128 * 64).bank, 4U);      // group 1, bank 0
  EXPECT_EQ(column_lowest.locate(128 * 64 * 4).bank, 1U);  // group 0, bank 1

  config.mapping = "row:column:bank:bank_group:column.2";
  const AddressMapping split{config};
  EXPECT_EQ(split.locate(64 * 3).column, 3U);
  EXPECT_EQ(split.locate(64 * 4).bank, 4U);
  EXPECT_EQ(split.locate(64 * 4 * 16).column, 4U);
}

TEST(DramMapping, EveryBurstHasAPlaceOfItsOwn) {
  Config config = preset("hbm2");
  config.organization.rows = 4;
  const AddressMapping mapping{config};
  std::set<std::array<std::uint32_t, 4>> places;
  const std::uint64_t bursts = config.organization.capacity_bytes() / 32;
  for (std::uint64_t i = 0; i < bursts; ++i) {
    const auto place = mapping.locate(i * 32);
    EXPECT_LT(place.channel, 8U);
    EXPECT_LT(place.bank, 32U);
    EXPECT_LT(place.row, 4U);
    EXPECT_LT(place.column, 32U);
    places.insert({place.channel, place.bank, place.row, place.column});
  }
  EXPECT_EQ(places.size(), bursts);
}

}  // namespace
}  // namespace systole::test
