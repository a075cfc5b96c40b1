#include "kernels/collective/collective_buffers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/error.hpp"

namespace muster {

CollectiveLayout collective_layout(CollectiveProblem const& problem) {
  std::size_t const element = element_bytes(problem.type);
  CollectiveLayout layout{.send = problem.send_elements() * element,
                          .recv = problem.recv_elements() * element,
                          .in_place = problem.in_place};
  layout.source = problem.in_place ? std::max(layout.send, layout.recv) : layout.send;
  layout.target = problem.in_place ? 0 : layout.recv;
  if (!problem.in_place || !has_parts(problem.operation) || layout.send == 0 || layout.recv == 0)
    return layout;
  std::size_t const own = static_cast<std::size_t>(problem.rank) * problem.count() * element;
  (layout.recv > layout.send ? layout.send_at : layout.recv_at) = own;
  return layout;
}

CollectiveCall collective_call(CollectiveProblem const& problem, void const* send, void* recv,
                               Exchange const& sent, Exchange const& received) {
  return {.operation = problem.operation,
          .type = problem.type,
          .reduction = problem.reduction,
          .send = send,
          .recv = recv,
          .count = problem.count(),
          .root = problem.root,
          .partner = problem.operation == Operation::pairwise ? problem.partner() : -1,
          .send_counts = sent.counts,
          .send_offsets = sent.offsets,
          .recv_counts = received.counts,
          .recv_offsets = received.offsets};
}

void require_memory(CollectiveProblem const& problem, std::size_t others, std::uint64_t free_bytes) {
  auto const layout = collective_layout(problem);
  std::uint64_t const needed = layout.source + layout.target + others * layout.recv;
  if (needed <= free_bytes) return;
  double const share = static_cast<double>(free_bytes) / static_cast<double>(needed);
  auto const fits = static_cast<std::uint64_t>(static_cast<double>(problem.bytes) * share) / 4096 * 4096;
  throw OutOfMemory(fmt::format(
      "the buffers of {} of {} bytes do not fit ({} bytes are needed, {} are free) use bytes <= {}",
      name(problem.operation), problem.bytes, needed, free_bytes, fits));
}

}  // namespace muster
