// What devices this machine has, asked in a child process: a driver that hangs or crashes cannot take this
// one down.
#pragma once
#include <string>
#include <string_view>

#include "harness/core/plan.hpp"
#include "harness/record/document_json.hpp"

namespace muster {

/// What is asked for: versions of libraries cost the time of opening them all, health that of opening every
/// device besides.
enum class Asked { devices, devices_and_libraries, health };

/// The devices of one backend, or the reason why there are none. Never throws for what the child does.
Probe probe(std::string const& backend, Asked asked = Asked::devices, double deadline_seconds = 60);

/// Stands before the child's answer: vendor libraries may chat on standard output.
inline constexpr std::string_view probe_mark = "muster-probe:";

/// The same in this process: what the child runs.
Probe probe_here(std::string const& backend, Asked asked);

/// What a run will use, from what the user asked for ("auto", "cuda", "host").
struct Choice {
  Machine machine;
  Probe probe;         ///< of the backend chosen
  std::string reason;  ///< auto became host although it was not asked for: why
};
/// Throws Error(infrastructure) when the backend that was asked for by name is not to be had.
Choice choose_backend(std::string const& wanted);

}  // namespace muster
