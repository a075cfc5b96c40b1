// Words for people.
#pragma once
#include <cstdio>
#include <string>

namespace muster {

/// To standard error, or `out`. Never throws, as fmt::print would on a full disk or a closed pipe: where
/// people cannot be told, the exit code and the document still say it.
inline void say(std::string const& text, std::FILE* out = stderr) {
  std::fputs(text.c_str(), out);
  std::fflush(out);
}

}  // namespace muster
