// All-reduce on the host: MPI's own, on buffers in this rank's memory.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "kernels/collective/all_reduce_check.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/host/buffer.hpp"

namespace muster {

namespace {

Element element_of(ReduceType type) {
  switch (type) {
    case ReduceType::float32:
      return Element::float32;
    case ReduceType::float64:
      return Element::float64;
    case ReduceType::float16:
    case ReduceType::bfloat16:
      break;
  }
  throw Unsupported(fmt::format(
      "the host backend has no all-reduce of {} (MPI has no such type) use float32 or float64", name(type)));
}

// Bytes per second of copying `bytes` over and over by this thread: the best of five rounds of at least a
// millisecond.
double copy_rate(std::byte* to, std::byte const* from, std::size_t bytes) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    double copies = 0, seconds = 0;
    auto const start = Clock::now();
    while (seconds < 1e-3) {
      for (int i = 0; i < 16; ++i) {
        std::memcpy(to, from, bytes);
        asm volatile("" : : "r"(to) : "memory");  // the copy has to be there
        if (++copies; bytes > (1U << 20)) break;
      }
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    best = std::max(best, static_cast<double>(bytes) * copies / seconds);
  }
  return best;
}

class AllReduceHost final : public Instance {
 public:
  AllReduceHost(AllReduceProblem const& problem, Context& context)
      : problem_(problem),
        element_(element_of(problem.type)),
        device_(context.device),
        group_(context.group),
        input_(problem.bytes),
        output_(problem.bytes) {
    fill_all_reduce(problem_, input_.data(), device_.team());
    forget();
  }

  void launch() override {
    group_.all_reduce_sum(input_.data(), output_.data(), problem_.count(), element_);
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }

  Verdict verify() override {
    if (!launched_) launch();
    Verdict verdict = check_all_reduce(problem_, output_.data(), device_.team());
    forget();
    return verdict;
  }

  /// Each rank has to read from its peers what it counts as sent, and to write it, which is what copying the
  /// buffer does once, without the additions. Measured on this case's own buffers, so at its size: what fits
  /// into a cache is faster there than the device's link_bandwidth(), which is the memory's.
  std::optional<Bound> bound() override {
    double const rate = copy_rate(output_.data(), input_.data(), static_cast<std::size_t>(problem_.bytes));
    forget();
    return Bound{"measured_copy_bandwidth", rate, "B/s"};
  }
  std::vector<Figure> figures() override { return problem_.figures(); }

 private:
  // Makes the output all NaN, so that the next check sees only what arrives from now on.
  void forget() {
    std::memset(output_.data(), 0xFF, static_cast<std::size_t>(output_.bytes()));
    launched_ = false;
  }

  AllReduceProblem problem_;
  Element element_;
  Device& device_;
  Group& group_;
  host::Buffer input_, output_;
  bool launched_ = false;
};

void require_memory(AllReduceProblem const& problem, std::uint64_t free_bytes) {
  if (2 * problem.bytes <= free_bytes) return;
  throw OutOfMemory(fmt::format("two buffers of {} bytes do not fit ({} bytes are free) use bytes <= {}",
                                problem.bytes, free_bytes, free_bytes / 2 / 8 * 8));
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = all_reduce_problem(params, context.seed, context.group.rank(), context.group.size());
  if (problem.ranks < 2)
    throw Unsupported("an all-reduce needs 2 ranks (this run has 1) use --ranks 2 or more");
  require_memory(problem, context.device.free_memory());
  return std::make_unique<AllReduceHost>(problem, context);
}

MakerRegistration const registration{"collective/all_reduce", &make};

}  // namespace

}  // namespace muster
