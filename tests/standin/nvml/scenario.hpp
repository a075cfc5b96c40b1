// What the stand-in GPU is suffering from. See README.md for the scenarios' names.
//   MUSTER_STANDIN_NVML          scenarios, separated by commas; "healthy" where it is not set
//   MUSTER_STANDIN_NVML_AFTER    readings of the SM clock before they begin; until then the GPU is healthy
//   MUSTER_STANDIN_NVML_TYPE     the nvmlValueType_t in which field values are given (default: unsigned int)
#pragma once
#include <cstdint>
#include <string_view>

namespace muster::standin {

/// Is this one of the scenarios, and has it begun?
bool suffers_from(std::string_view scenario);

/// One more reading of the SM clock, from which the beginning of the scenarios is counted.
void count_reading();

/// How often this was asked for before, since the scenarios were last changed: what makes a counter rise.
std::uint64_t times_before(std::string_view counter);

/// Starts all counting anew, as a driver that is loaded does.
void start_anew();

/// A number of the environment, or `fallback`.
int setting(char const* name, int fallback);

}  // namespace muster::standin
