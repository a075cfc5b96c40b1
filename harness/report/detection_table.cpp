#include "harness/report/detection_table.hpp"

#include <fmt/format.h>

#include "harness/core/quantities.hpp"

namespace muster {

Table detection_table(std::vector<CaseDetection> const& cases, double change) {
  Table table{{{"case"},
               {"launches vary by", true},
               {fmt::format("launches for {:.3g} %", 100 * change), true},
               {"time, both sides", true}},
              {}};
  for (auto const& one : cases) {
    auto const name = printable(one.name);
    if (one.needed == 0) {
      table.rows.push_back({name, "-", "-", printable(one.why)});
      continue;
    }
    table.rows.push_back({name, fmt::format("{:.2f} %", 100 * one.deviation), std::to_string(one.needed),
                          human_duration(one.seconds)});
  }
  return table;
}

}  // namespace muster
