// What the targets share.
#pragma once
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/error.hpp"

namespace muster::fuzz {

/// Something that must hold whatever the input. libFuzzer keeps the input that broke it.
inline void require(bool holds, std::string_view what, std::string_view a = {}, std::string_view b = {}) {
  if (holds) return;
  fmt::print(stderr, "BROKEN: {}\n--- {}\n--- {}\n", what, a, b);
  std::abort();
}

inline std::string_view text_of(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

/// Runs `read`; an Error is an answer, as long as it says something and has an exit code that it may have.
template <class Read>
bool answered(Read read) {
  try {
    read();
    return true;
  } catch (Error const& error) {
    require(error.what()[0] != '\0', "an error without words");
    require(error.exit_code == ExitCode::usage, "a file's fault is a usage error", error.what());
    return false;
  }
}

}  // namespace muster::fuzz
