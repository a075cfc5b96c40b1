// How many launches it takes to find a change: analyze/ estimates it, report/ shows it.
#pragma once
#include <string>

namespace muster {

struct CaseDetection {
  std::string name;
  int launches = 0;      ///< seen, of all sides together
  double deviation = 0;  ///< relative, between launches of one side
  int freedom = 0;       ///< degrees of freedom that the deviation is estimated with
  int needed = 0;        ///< launches of each side; 0: not known, see `why`
  std::string why{};     ///< some side has no clean figures
  double seconds = 0;    ///< that so many launches of this case alone would take, on both sides
};

}  // namespace muster
