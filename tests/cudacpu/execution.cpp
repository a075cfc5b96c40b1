#include "tests/cudacpu/execution.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tests/cudacpu/fiber.hpp"

namespace cudacpu {
namespace {

constexpr unsigned warp_size = 32;
constexpr unsigned most_threads = 1024;
constexpr unsigned most_blocks_yz = 65535;
constexpr std::size_t stack_bytes = 256 * 1024;  // touched only as far as used; ASan's frames are large

struct Worker;

struct Thread {
  enum class State { fresh, running, ready, at_block_barrier, at_warp_operation, finished };
  State state = State::fresh;
  unsigned number = 0;  // within the block
  uint3 index{};
  Worker* worker = nullptr;  // whose stack it is on, once started
  Where where{};             // of the call it waits in
  WarpOperation operation = WarpOperation::sync;
  unsigned mask = 0;
  std::uint64_t value = 0;
  void (*all_at_once)(Exchange const&) = nullptr;
};

// A fibre that starts one thread after another until one of them waits.
struct Worker {
  explicit Worker(std::function<void(Worker&)> const& job)
      : stack(stack_bytes), fiber(stack, [this, job] { job(*this); }) {}
  Stack stack;
  Fiber fiber;
};

unsigned volume(dim3 const& d) { return d.x * d.y * d.z; }

uint3 unravel(std::uint64_t number, dim3 const& in) {
  return {static_cast<unsigned>(number % in.x), static_cast<unsigned>(number / in.x % in.y),
          static_cast<unsigned>(number / in.x / in.y)};
}

std::string text(Where const& where) {
  std::string const path = where.file;
  return path.substr(path.find_last_of('/') + 1) + ":" + std::to_string(where.line);
}

bool same(Where const& a, Where const& b) { return a.line == b.line && std::strcmp(a.file, b.file) == 0; }

char const* name(WarpOperation operation) {
  switch (operation) {
    case WarpOperation::sync:
      return "__syncwarp";
    case WarpOperation::shuffle:
      return "a shuffle";
    case WarpOperation::vote:
      return "a vote";
    case WarpOperation::product:
      return "a product of matrices";
  }
  return "?";
}

std::string waiting_place(Thread const& thread) {
  if (thread.state == Thread::State::finished) return "have returned";
  if (thread.state == Thread::State::at_block_barrier)
    return "wait at __syncthreads (" + text(thread.where) + ")";
  char mask[16];
  std::snprintf(mask, sizeof mask, "0x%08x", thread.mask);
  return std::string("wait at ") + name(thread.operation) + " of lanes " + mask + " (" + text(thread.where) +
         ")";
}

std::vector<std::uint64_t> sequence(std::uint64_t count, Shape const& shape) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
  if (shape.order == Order::backward) std::ranges::reverse(numbers);
  if (shape.order == Order::shuffled) std::ranges::shuffle(numbers, std::mt19937_64(shape.seed));
  return numbers;
}

struct Storage {
  void* (*storage)();
  std::size_t capacity;
};
std::vector<Storage>& dynamic_storages() {
  static std::vector<Storage> list;
  return list;
}

// One launch on one host thread.
class Launch {
 public:
  Launch(Shape const& shape, std::function<void()> const& thread);
  ~Launch();
  Launch(Launch const&) = delete;
  Launch& operator=(Launch const&) = delete;
  void run_block(uint3 index);

  Thread const& current() const { return *current_; }
  Exchange const& exchanged() const { return exchanges_[current_->number]; }
  void wait_at_block_barrier(Where where);
  void wait_at_warp_operation(WarpOperation operation, unsigned mask, std::uint64_t value,
                              void (*all_at_once)(Exchange const&), Where where);

 private:
  void start_threads(Worker& worker);
  void run_thread(Thread& thread);
  void enter(Worker& worker);
  Worker& idle_worker();
  void go_on_with(Thread& thread);
  void wait();
  void release(Thread& thread);
  void release_block_if_complete();
  void release_warp_if_complete(unsigned warp);
  bool complete(Thread const& waiting, unsigned warp, unsigned& lanes) const;
  void exchange(unsigned warp, unsigned lanes);
  std::string report() const;

  std::function<void()> const& thread_;
  std::vector<std::uint64_t> order_;
  std::vector<Thread> threads_;
  std::vector<Exchange> exchanges_;  // by thread, apart from it: large, and most kernels use none
  std::deque<Thread*> ready_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  std::size_t started_ = 0, finished_ = 0, at_barrier_ = 0;
  bool backward_;
  Thread* current_ = nullptr;
  std::exception_ptr error_;
};

thread_local Launch* active = nullptr;

Launch& active_launch() {
  if (active == nullptr)
    throw Error("a barrier or warp operation outside a kernel (nothing is launched) call it from a kernel");
  return *active;
}

Launch::Launch(Shape const& shape, std::function<void()> const& thread)
    : thread_(thread),
      order_(sequence(volume(shape.block), shape)),
      backward_(shape.order == Order::backward) {
  if (active != nullptr)
    throw InvalidLaunch("a launch from within a kernel (not modelled) launch from host code");
  exchanges_.resize(order_.size());
  blockDim = shape.block;
  gridDim = shape.grid;
  active = this;
}

Launch::~Launch() { active = nullptr; }

void Launch::run_block(uint3 index) {
  blockIdx = index;
  threads_.assign(order_.size(), Thread{});
  for (unsigned i = 0; i < threads_.size(); ++i) {
    threads_[i].number = i;
    threads_[i].index = unravel(i, blockDim);
  }
  started_ = finished_ = at_barrier_ = 0;
  while (finished_ < threads_.size()) {
    if (started_ < threads_.size()) {
      enter(idle_worker());
    } else if (!ready_.empty()) {
      Thread& next = *ready_.front();
      ready_.pop_front();
      go_on_with(next);
    } else {
      throw DivergentBarrier(report());
    }
  }
}

Worker& Launch::idle_worker() {
  if (idle_.empty()) {
    workers_.push_back(std::make_unique<Worker>([this](Worker& worker) { start_threads(worker); }));
    return *workers_.back();
  }
  Worker& worker = *idle_.back();
  idle_.pop_back();
  return worker;
}

void Launch::enter(Worker& worker) {
  worker.fiber.enter();
  if (error_) std::rethrow_exception(error_);
}

// The body of every fibre. Never returns: a launch that is over drops its fibres.
void Launch::start_threads(Worker& worker) {
  for (;;) {
    while (started_ < threads_.size() && !error_) {
      current_ = &threads_[order_[started_++]];
      current_->worker = &worker;
      run_thread(*current_);
    }
    idle_.push_back(&worker);
    worker.fiber.leave();
  }
}

void Launch::run_thread(Thread& thread) {
  thread.state = Thread::State::running;
  threadIdx = thread.index;
  try {
    thread_();
  } catch (...) {
    error_ = std::current_exception();  // the scheduler throws it on, outside this stack
    return;
  }
  thread.state = Thread::State::finished;
  ++finished_;
  release_warp_if_complete(thread.number / warp_size);  // its warp may have waited for this thread only
}

void Launch::go_on_with(Thread& thread) {
  thread.state = Thread::State::running;
  current_ = &thread;
  threadIdx = thread.index;
  enter(*thread.worker);
}

void Launch::wait() {
  if (current_->state != Thread::State::ready) {
    current_->worker->fiber.leave();
    return;
  }
  // The last one to come goes on at once.
  std::erase(ready_, current_);
  current_->state = Thread::State::running;
}

void Launch::release(Thread& thread) {
  thread.state = Thread::State::ready;
  ready_.push_back(&thread);
}

void Launch::wait_at_block_barrier(Where where) {
  current_->state = Thread::State::at_block_barrier;
  current_->where = where;
  ++at_barrier_;
  release_block_if_complete();
  wait();
}

void Launch::release_block_if_complete() {
  if (at_barrier_ < threads_.size()) return;
  for (auto const& thread : threads_) {
    if (!same(thread.where, threads_.front().where)) throw DivergentBarrier(report());
  }
  at_barrier_ = 0;
  for (auto const number : order_) release(threads_[number]);
}

void Launch::wait_at_warp_operation(WarpOperation operation, unsigned mask, std::uint64_t value,
                                    void (*all_at_once)(Exchange const&), Where where) {
  unsigned const own = current_->number % warp_size;
  if ((mask >> own & 1u) == 0) {
    throw InvalidLane(
        "lane " + std::to_string(own) + " calls " + name(operation) + " at " + text(where) +
        " with a mask that leaves it out (a GPU's answer is undefined) name every lane that calls");
  }
  current_->state = Thread::State::at_warp_operation;
  current_->operation = operation;
  current_->mask = mask;
  current_->value = value;
  current_->all_at_once = all_at_once;
  current_->where = where;
  unsigned const warp = current_->number / warp_size;
  if (unsigned lanes = 0; complete(*current_, warp, lanes)) exchange(warp, lanes);
  wait();
}

// Have all lanes that `waiting` waits for come to the same operation? `lanes`: those of them that have not
// returned.
bool Launch::complete(Thread const& waiting, unsigned warp, unsigned& lanes) const {
  lanes = 0;
  for (unsigned lane = 0; lane < warp_size && warp * warp_size + lane < threads_.size(); ++lane) {
    auto const& other = threads_[warp * warp_size + lane];
    if ((waiting.mask >> lane & 1u) == 0 || other.state == Thread::State::finished) continue;
    bool const there = other.state == Thread::State::at_warp_operation && other.mask == waiting.mask &&
                       other.operation == waiting.operation;
    if (!there) return false;
    lanes |= 1u << lane;
  }
  return true;
}

void Launch::release_warp_if_complete(unsigned warp) {
  auto const end = std::min<std::size_t>(threads_.size(), (warp + 1) * warp_size);
  for (auto i = std::size_t{warp} * warp_size; i < end; ++i) {
    unsigned lanes = 0;
    if (threads_[i].state == Thread::State::at_warp_operation && complete(threads_[i], warp, lanes))
      exchange(warp, lanes);
  }
}

void Launch::exchange(unsigned warp, unsigned lanes) {
  Exchange all{.lanes = lanes};
  auto const each = [&](auto const& action) {
    for (unsigned i = 0; i < warp_size; ++i) {
      unsigned const lane = backward_ ? warp_size - 1 - i : i;
      if (lanes >> lane & 1u) action(lane, threads_[warp * warp_size + lane]);
    }
  };
  void (*all_at_once)(Exchange const&) = nullptr;
  each([&](unsigned lane, Thread& thread) {
    all.values[lane] = thread.value;
    all_at_once = thread.all_at_once;
  });
  if (all_at_once != nullptr) all_at_once(all);
  each([&](unsigned, Thread& thread) {
    if (all_at_once == nullptr) exchanges_[thread.number] = all;
    release(thread);
  });
}

std::string Launch::report() const {
  std::map<std::string, std::vector<unsigned>> places;
  for (auto const& thread : threads_) places[waiting_place(thread)].push_back(thread.number);
  std::string list;
  for (auto const& [place, numbers] : places) {
    list += (list.empty() ? "" : "; ") + std::to_string(numbers.size()) + " threads " + place +
            ", the first is thread " + std::to_string(numbers.front());
  }
  auto const& b = blockIdx;
  return "block (" + std::to_string(b.x) + "," + std::to_string(b.y) + "," + std::to_string(b.z) +
         ") cannot go on (divergent barrier: " + list +
         ") let every thread of the block, or lane of the mask, reach the same call";
}

void check(Shape const& shape) {
  auto const threads = std::uint64_t{shape.block.x} * shape.block.y * shape.block.z;
  if (threads == 0 || threads > most_threads || shape.block.z > 64) {
    throw InvalidLaunch("a block of " + std::to_string(threads) +
                        " threads (1 to 1024, at most 64 in z) change the launch");
  }
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0 || shape.grid.x > 0x7fffffffu ||
      shape.grid.y > most_blocks_yz || shape.grid.z > most_blocks_yz) {
    throw InvalidLaunch("an empty or too large grid (x up to 2^31-1, y and z up to 65535) change the launch");
  }
  if (shape.shared_bytes > dynamic_shared_capacity) {
    throw InvalidLaunch(std::to_string(shape.shared_bytes) +
                        " bytes of dynamic shared memory (there are 232448) use less");
  }
}

void fill_dynamic_shared(std::size_t bytes) {
  if (bytes == 0) return;
  for (auto const& storage : dynamic_storages())
    std::memset(storage.storage(), 0xff, std::min(bytes, storage.capacity));
}

}  // namespace

DynamicShared::DynamicShared(void* (*storage)(), std::size_t capacity) {
  dynamic_storages().push_back({storage, capacity});
}

void run(Shape const& shape, std::function<void()> const& thread) {
  check(shape);
  Launch launch(shape, thread);
  auto const blocks = std::uint64_t{shape.grid.x} * shape.grid.y * shape.grid.z;
  auto const order = shape.order == Order::forward ? std::vector<std::uint64_t>{} : sequence(blocks, shape);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    fill_dynamic_shared(shape.shared_bytes);
    launch.run_block(unravel(order.empty() ? i : order[i], shape.grid));
  }
}

void block_barrier(Where where) { active_launch().wait_at_block_barrier(where); }

Exchange const& warp_exchange(WarpOperation operation, unsigned mask, std::uint64_t value, Where where) {
  auto& launch = active_launch();
  launch.wait_at_warp_operation(operation, mask, value, nullptr, where);
  return launch.exchanged();
}

void warp_together(WarpOperation operation, unsigned mask, std::uint64_t value,
                   void (*all_at_once)(Exchange const&), Where where) {
  active_launch().wait_at_warp_operation(operation, mask, value, all_at_once, where);
}

unsigned lane() { return active_launch().current().number % warp_size; }

}  // namespace cudacpu
