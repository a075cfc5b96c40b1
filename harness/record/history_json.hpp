// A history as strict JSON.
#pragma once
#include <string>

#include "harness/core/history.hpp"

namespace muster {

inline constexpr int history_major = 1, history_minor = 0;

std::string to_json(History const& history, int exit_code);

}  // namespace muster
