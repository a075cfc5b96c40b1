// What processes printed into a log, for messages.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace muster {

std::uintmax_t log_size(std::filesystem::path const& log);  ///< bytes; 0 where there is none yet

/// What was added to a log after `start`; of a very long text the end.
std::string log_after(std::filesystem::path const& log, std::uintmax_t start);

/// The last lines of a log, for a message: what workers themselves said; else, unless only that is wanted,
/// whatever stands there. Ranks may all say the same.
std::string last_words(std::string const& log, bool only_workers);

}  // namespace muster
