// Memory bandwidth on the host: every thread of the team works on its own part of the arrays.
#include <cstring>
#include <utility>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/streaming_kernels.hpp"
#include "kernels/memory/memory_check.hpp"

namespace muster {

namespace {

template <class T>
void fill(T* values, std::uint64_t key, Share part) {
  for (std::uint64_t i = part.begin; i < part.end; ++i) values[i] = memory_value<T>(key, i);
}

class MemoryHost final : public Instance {
 public:
  MemoryHost(MemoryProblem const& problem, Context& context)
      : problem_(problem),
        device_(context.device),
        a_(problem.bytes),
        b_(problem.bytes),
        c_(problem.op == MemoryOp::triad ? problem.bytes : 0),
        kernels_(host::streaming_kernels()) {
    set_up();
    choose_job();
  }

  void launch() override {
    device_.team().run(job_);
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }

  Verdict verify() override {
    if (!launched_) launch();
    Verdict verdict = check_memory(problem_, a_.data(), device_.team());
    forget();
    return verdict;
  }

  std::optional<Bound> bound() override { return device_.memory_bandwidth(); }

  std::vector<std::pair<std::string, std::string>> facts() override { return {{"kernel", kernels_.name}}; }

 private:
  // A thread's part starts at a page, so that what it touches first is its own.
  Share part(int index) const {
    return share_of(problem_.count(), index, device_.team().size(), 4096 / problem_.element_bytes());
  }

  void set_up() {
    std::uint64_t const key_b = memory_key(problem_.seed, MemoryArray::b);
    std::uint64_t const key_c = memory_key(problem_.seed, MemoryArray::c);
    bool const has_c = problem_.op == MemoryOp::triad;
    device_.team().run([&](int index) {
      auto const fill_all = [&]<class T>(T) {
        fill(b_.as<T>(), key_b, part(index));
        if (has_c) fill(c_.as<T>(), key_c, part(index));
      };
      problem_.type == MemoryType::fp64 ? fill_all(double{}) : fill_all(float{});
    });
    forget();
  }

  void choose_job() {
    std::uint64_t const element = problem_.element_bytes();
    if (problem_.op == MemoryOp::copy) {
      job_ = [this, element](int index) {
        auto const [begin, end] = part(index);
        kernels_.copy(a_.data() + begin * element, b_.data() + begin * element, (end - begin) * element);
      };
    } else if (problem_.type == MemoryType::fp64) {
      job_ = [this](int index) {
        auto const [begin, end] = part(index);
        kernels_.triad_fp64(a_.as<double>() + begin, b_.as<double>() + begin, c_.as<double>() + begin,
                            triad_scale, end - begin);
      };
    } else {
      job_ = [this](int index) {
        auto const [begin, end] = part(index);
        kernels_.triad_fp32(a_.as<float>() + begin, b_.as<float>() + begin, c_.as<float>() + begin,
                            triad_scale, end - begin);
      };
    }
  }

  // Makes the target all NaN, so that the next check sees only what is written from now on.
  void forget() {
    std::uint64_t const element = problem_.element_bytes();
    device_.team().run([&](int index) {
      auto const [begin, end] = part(index);
      std::memset(a_.data() + begin * element, 0xFF, static_cast<std::size_t>((end - begin) * element));
    });
    launched_ = false;
  }

  MemoryProblem problem_;
  Device& device_;
  host::Buffer a_, b_, c_;
  host::StreamingKernels kernels_;
  std::function<void(int)> job_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  MemoryProblem const problem = memory_problem(params, context.seed);
  require_memory(problem, context.device.free_memory());
  return std::make_unique<MemoryHost>(problem, context);
}

MakerRegistration const registration{"memory", &make};

}  // namespace

}  // namespace muster
