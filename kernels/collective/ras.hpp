// NCCL's RAS service (2.24 and later): who of a job's ranks is missing, when something hangs. One process of
// each node answers on a TCP port. The answer is JSON from 2.28.7 on, text before.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace muster {

/// "HOST:PORT" as NCCL has it: NCCL_RAS_ADDR, else localhost:28028.
std::string ras_address();

/// What the service at `address` says of the job; "" when nobody answers. Returns after `limit` at the
/// latest, with what has come until then.
std::string ask_ras(std::string const& address, std::chrono::milliseconds limit);

/// In one line, which ranks are missing or dead, which are at fault, which are behind in their collectives.
/// "" when the answer says nothing of that kind.
std::string ras_summary(std::string_view answer);

/// What is to be added to the message of a deadline: "; NCCL's RAS: ...", or "". Takes 2.5 s at most.
std::string ras_remark();

}  // namespace muster
