// By what rule ranks are held against their peers in one case. analyze/ makes it, report/ draws it.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct CaseRule {
  /// How far below the median of its peers a part is accused by this case alone, relative: 0.05. Absent where
  /// there are too few peers, or more than one model.
  std::optional<double> limit{};
  std::vector<std::string> kinds{};  ///< CheckFinding::cases of the families that this case is judged in
};

}  // namespace muster
