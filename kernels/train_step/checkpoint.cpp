#include "kernels/train_step/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <random>
#include <span>

#include "kernels/contract/error.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/contract/share.hpp"

namespace muster::train {
namespace {

constexpr char const* folder_name = "checkpoint-";

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The part of this rank among those that hold its weights.
CheckpointHead head_of(StepPlan const& plan, StepMachine const& machine, int rank) {
  auto const share = share_of(state_bytes(plan), machine.rank(), machine.ranks(), CheckpointFiles::block);
  return {.begin = share.begin, .end = share.end, .rank = rank};
}

constexpr std::array arrays{Array::weight, Array::first_moment, Array::second_moment};

}  // namespace

BackgroundJob::BackgroundJob() : thread_([this] { work(); }) {}

BackgroundJob::~BackgroundJob() {
  wait();
  {
    std::lock_guard const lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BackgroundJob::start(std::function<void()> const& job) {
  wait();
  {
    std::lock_guard const lock(mutex_);
    job_ = &job;
    busy_ = true;
  }
  changed_.notify_all();
}

void BackgroundJob::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !busy_; });
}

void BackgroundJob::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return busy_ || ends_; });
    if (ends_) return;
    lock.unlock();
    (*job_)();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

StepCheckpoint::StepCheckpoint(StepPlan const& plan, StepMachine& machine, Group& group,
                               std::filesystem::path folder, FileLayer& layer)
    : machine_(machine),
      background_(plan.options.background),
      every_(static_cast<std::uint64_t>(std::max(1, plan.options.checkpoint))),
      head_(head_of(plan, machine, group.rank())),
      files_(std::move(folder), group.rank(), layer),
      parameters_(plan.parameters) {
  // The two that are kept and the one being written; the other ranks of the node want as much.
  constexpr std::uint64_t files = 3;
  files_.require_space(head_.bytes(), files * static_cast<std::uint64_t>(group.node_size()));
  memory_ = machine.state_memory(CheckpointFiles::file_bytes(head_.bytes()));
  job_ = [this] { write(); };
}

StepCheckpoint::~StepCheckpoint() { writer_.wait(); }

bool StepCheckpoint::due(std::uint64_t step) {
  step_ = step + 1;
  return step_ % every_ == 0;
}

void StepCheckpoint::take(StepMachine&) { take_at(step_, true); }

/// A machine may have put sums off until it is asked for their end (the host's), and those of this step come
/// before its state: with the writer busy they would wait for it, and the time be theirs.
void StepCheckpoint::take_at(std::uint64_t step, bool counted) {
  if (writer_.busy()) machine_.settle();
  writer_.wait();
  if (faulty_) return;
  taken_ = now();
  head_.step = step;
  counted_ = counted;
  machine_.copy_state(head_.begin, head_.end, memory_.get());
  if (background_) return writer_.start(job_);
  write();
}

/// On the writer's thread, or (sync) on that of the steps.
void StepCheckpoint::write() {
  try {
    machine_.await_copy();
    double const copied = now();
    files_.write(head_, {memory_.get(), CheckpointFiles::file_bytes(head_.bytes())});
    double const end = now();
    whole_ = true;
    if (!counted_) return;
    ++written_.count;
    written_.seconds += end - taken_;
    written_.write_seconds += end - copied;
  } catch (std::exception const&) {
    fault_ = std::current_exception();
    faulty_ = true;
  }
}

Verdict StepCheckpoint::verify() {
  machine_.settle();
  writer_.wait();
  if (fault_) std::rethrow_exception(fault_);
  std::string fault = whole_ ? files_.fault(head_) : "";
  if (fault.empty()) {
    take_at(machine_.updates(), false);
    writer_.wait();
    if (fault_) std::rethrow_exception(fault_);
    fault = files_.fault(head_);
  }
  if (fault.empty()) fault = sample_fault();
  return Verdict::judge("XXH3 of checkpoints read back from storage, and samples against the state",
                        fault.empty() ? 0 : 1, 0, fault);
}

/// Is what was written the state?
std::string StepCheckpoint::sample_fault() {
  constexpr std::uint64_t samples = 64;
  std::uint64_t const first = head_.begin / sizeof(float), count = head_.bytes() / sizeof(float);
  for (std::uint64_t i = 0; count > 0 && i < samples; ++i) {
    std::uint64_t const element = first + (i == 0 ? count - 1 : random_word(head_.step, i) % count);
    std::uint64_t const index = element % parameters_;
    float written = 0;
    files_.read(element * sizeof(float), std::as_writable_bytes(std::span(&written, 1)));
    auto const held =
        machine_.read(arrays.at(static_cast<std::size_t>(element / parameters_)), 0, {&index, 1}).at(0);
    if (static_cast<double>(written) != held)
      return fmt::format("element {} of the state is {} in '{}' and {} in the machine", element, written,
                         files_.newest().string(), held);
  }
  return {};
}

std::vector<Figure> StepCheckpoint::figures() {
  writer_.wait();
  auto const bytes = static_cast<double>(head_.bytes());
  std::vector<Figure> figures{{"checkpoint_bytes", bytes, "B"},
                              {"checkpoints", static_cast<double>(written_.count), ""}};
  if (written_.count == 0) return figures;
  figures.push_back({"checkpoint_seconds", written_.seconds / written_.count, "s"});
  figures.push_back({"checkpoint_bandwidth", bytes * written_.count / written_.write_seconds, "B/s"});
  return figures;
}

std::vector<std::pair<std::string, std::string>> StepCheckpoint::facts() {
  return {{"checkpoint",
           fmt::format("every {} steps, {}, a share of 1/{} a rank, {}, to {}", every_,
                       background_ ? "in the background" : "the step waits", machine_.ranks(),
                       files_.direct() ? "O_DIRECT" : "through the page cache and flushed", files_.place())}};
}

std::unique_ptr<Checkpoints> make_checkpoints(StepPlan const& plan, StepMachine& machine, Context& context) {
  static FileLayer system;
  if (plan.options.checkpoint == 0) return nullptr;
  auto checkpoints = std::make_unique<StepCheckpoint>(
      plan, machine, context.group, checkpoint_folder(context.cache, context.group), system);
  if (auto const& note = checkpoints->note(); !note.empty()) context.note(note);
  return checkpoints;
}

std::filesystem::path checkpoint_folder(std::filesystem::path const& cache, Group& group) {
  auto const parent = cache.empty() ? std::filesystem::temp_directory_path() / "muster" : cache;
  if (group.node_rank() == 0) remove_leftovers(parent, folder_name);
  std::uint64_t number = (std::uint64_t{std::random_device{}()} << 32) + std::random_device{}();
  group.broadcast(std::as_writable_bytes(std::span(&number, 1)), 0);
  return parent / fmt::format("{}{:016x}", folder_name, number);
}

}  // namespace muster::train
