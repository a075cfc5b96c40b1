// Memory bandwidth on the host: every thread of the team works on its own part of the arrays, whose pages it
// has touched first.
#include <atomic>
#include <cstring>
#include <utility>

#include "kernels/contract/backend.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/streaming_kernels.hpp"
#include "kernels/memory/memory_check.hpp"

namespace muster {

namespace {

class MemoryHost final : public Instance {
 public:
  MemoryHost(MemoryProblem const& problem, Regime regime, Device& device)
      : problem_(problem),
        regime_(regime),
        device_(device),
        a_(problem.bytes_of(MemoryArray::pattern)),
        b_(problem.bytes_of(MemoryArray::b)),
        c_(problem.bytes_of(MemoryArray::c)),
        kernels_(problem.past_cache(device.cache_bytes()) ? host::streaming_kernels()
                                                          : host::cached_kernels()) {
    if (reads_b(problem.op)) fill_memory(problem, MemoryArray::b, b_.data(), device.team());
    if (reads_c(problem.op)) fill_memory(problem, MemoryArray::c, c_.data(), device.team());
    if (problem.op == MemoryOp::read) expected_sum_ = expected_sum(problem, device.team());
    forget();
    choose_job();
  }

  void launch() override {
    sum_.store(0, std::memory_order_relaxed);
    device_.team().run(job_);
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }

  Verdict verify() override {
    if (!launched_) launch();
    Verdict verdict =
        problem_.op == MemoryOp::read
            ? read_verdict(problem_, compare_memory(problem_, b_.data(), device_.team()), sum_, expected_sum_)
            : check_memory(problem_, a_.data(), device_.team());
    forget();
    return verdict;
  }

  std::optional<Bound> bound() override {
    return problem_.beyond_cache(device_.cache_bytes()) ? device_.memory_bandwidth() : std::nullopt;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    auto facts = cache_facts(problem_, device_.cache_bytes());
    facts.emplace_back("kernel", kernels_.name);
    return facts;
  }

 private:
  Share part(int index) const { return memory_part(problem_, index, device_.team().size()); }

  void choose_job() {
    if (problem_.op == MemoryOp::read || problem_.op == MemoryOp::write || problem_.op == MemoryOp::copy) {
      job_ = [this](int index) { move_words(part(index)); };
    } else if (problem_.type == MemoryType::fp64) {
      job_ = [this](int index) { compute(kernels_.fp64, part(index)); };
    } else {
      job_ = [this](int index) { compute(kernels_.fp32, part(index)); };
    }
  }

  // All parts are whole 8-byte words: they start at pages, and an array is a multiple of 16 bytes long.
  void move_words(Share part) {
    std::uint64_t const element = problem_.element_bytes();
    std::uint64_t const offset = part.begin * element, bytes = (part.end - part.begin) * element;
    if (problem_.op == MemoryOp::read) {
      sum_ += kernels_.read(b_.as<std::uint64_t>() + offset / 8, bytes / 8);
    } else if (problem_.op == MemoryOp::copy) {
      kernels_.copy(a_.data() + offset, b_.data() + offset, bytes);
    } else {
      auto const pattern = write_pattern(problem_.type, memory_keys(problem_.seed).pattern);
      kernels_.write(a_.as<std::uint64_t>() + offset / 8, bytes / 8,
                     {pattern.fraction(offset / 8), WritePattern::step, pattern.mask, pattern.ones});
    }
  }

  template <class T>
  void compute(host::StreamingArithmetic<T> const& kernels, Share part) {
    auto* const a = a_.as<T>() + part.begin;
    auto const* const b = b_.as<T>() + part.begin;
    std::uint64_t const count = part.end - part.begin;
    if (problem_.op == MemoryOp::scale) return kernels.scale(a, b, triad_scale, count);
    auto const* const c = c_.as<T>() + part.begin;
    if (problem_.op == MemoryOp::add) {
      kernels.add(a, b, c, count);
    } else {
      kernels.triad(a, b, c, triad_scale, count);
    }
  }

  // Makes the target all NaN, so that the next check sees only what is written from now on.
  void forget() {
    sum_ = ~expected_sum_;
    launched_ = false;
    if (!writes_a(problem_.op)) return;
    std::uint64_t const element = problem_.element_bytes();
    device_.team().run([&](int index) {
      auto const [begin, end] = part(index);
      std::memset(a_.data() + begin * element, 0xFF, static_cast<std::size_t>((end - begin) * element));
    });
  }

  MemoryProblem problem_;
  Regime regime_;
  Device& device_;
  host::Buffer a_, b_, c_;
  host::StreamingKernels kernels_;
  std::function<void(int)> job_;
  std::atomic<std::uint64_t> sum_ = 0;
  std::uint64_t expected_sum_ = 0;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  MemoryProblem const problem = memory_problem(params, context.seed);
  require_memory(problem, free_memory_for(regime_of(params), context.device));
  return std::make_unique<MemoryHost>(problem, regime_of(params), context.device);
}

MakerRegistration const registration{"memory", &make};

}  // namespace

}  // namespace muster
