// A line of progress: its bar, and minutes and seconds.
#pragma once
#include <string>

namespace muster {

/// "=====>......", 24 characters.
std::string bar(double fraction);

/// "1:05".
std::string clock_text(double seconds);

}  // namespace muster
