// NCCL's handle, and what its functions do at their beginning.
#pragma once
#include <nccl.h>

#include <memory>
#include <optional>

#include "tests/standin/nccl/communicator.hpp"

// Work that is still in a stream keeps its own hold on the communicator.
struct ncclComm {
  std::shared_ptr<muster::standin::Communicator> shared;
};

namespace muster::standin {

/// What is to go wrong with this call, and the status to return at once for it, if that is it.
struct Planned {
  std::optional<Fault> fault;
  std::optional<ncclResult_t> status;
};
inline Planned planned(char const* function, ncclComm_t communicator) {
  auto const found = fault(function, communicator ? communicator->shared->rank() : -1);
  if (!found || found->kind != Fault::Kind::status) return {found, std::nullopt};
  return {found, static_cast<ncclResult_t>(found->value)};
}

/// The same for functions that end at once: hangs and delays in the call itself.
inline std::optional<ncclResult_t> obstacle(char const* function, ncclComm_t communicator = nullptr) {
  auto const status = injected(function, communicator ? communicator->shared->rank() : -1);
  return status ? std::optional(static_cast<ncclResult_t>(*status)) : std::nullopt;
}

}  // namespace muster::standin
