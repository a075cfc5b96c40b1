// Engine: threads that call pread, one for each read in flight; a single one is made by the caller itself.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/ring.hpp"

namespace muster::dataload {

std::string read_failure(InputFiles const& files, ReadRequest const& request, int error) {
  std::string const why = error == 0 ? "the file ends before it" : std::strerror(error);
  return fmt::format(
      "cannot read {} bytes at offset {} of '{}' ({}); check the disk, and that the file is unchanged",
      request.needed, request.offset, files.path(request.file).string(), why);
}

namespace {

/// "" or why it failed.
std::string read_all(InputFiles const& files, ReadRequest const& request) {
  int const descriptor = files.acquire(request.file);
  int error = descriptor < 0 ? -descriptor : 0;
  std::size_t done = 0;
  while (error == 0 && done < request.needed) {
    auto const got = ::pread(descriptor, request.into + done, request.length - done,
                             static_cast<off_t>(request.offset + done));
    if (got == 0) break;
    if (got > 0) done += static_cast<std::size_t>(got);
    if (got < 0 && errno != EINTR) error = errno;
  }
  files.release(descriptor, request.offset, done);
  return done >= request.needed ? "" : read_failure(files, request, error);
}

class PreadEngine : public ReadEngine {
 public:
  PreadEngine(int depth, InputFiles const& files)
      : files_(files), waiting_(static_cast<std::size_t>(depth)), done_(static_cast<std::size_t>(depth)) {
    for (int i = 0; i < depth && depth > 1; ++i)
      threads_.emplace_back([this](std::stop_token stop) { work(stop); });
  }
  ~PreadEngine() override {
    for (auto& thread : threads_) thread.request_stop();
  }

  std::string name() const override { return "pread"; }
  int depth() const override { return std::max(1, static_cast<int>(threads_.size())); }

  void submit(ReadRequest const& request) override {
    {
      std::lock_guard const lock(mutex_);
      waiting_.push(request);
    }
    work_there_.notify_one();
  }

  std::uint64_t wait() override {
    Done const done = threads_.empty() ? perform(waiting_.pop()) : next_done();
    if (!done.failure.empty()) throw DeviceError(done.failure);
    return done.tag;
  }

 private:
  struct Done {
    std::uint64_t tag = 0;
    std::string failure{};
  };

  Done perform(ReadRequest const& request) { return {request.tag, read_all(files_, request)}; }

  Done next_done() {
    std::unique_lock lock(mutex_);
    done_there_.wait(lock, [this] { return !done_.empty(); });
    return done_.pop();
  }

  void work(std::stop_token const& stop) {
    std::unique_lock lock(mutex_);
    while (work_there_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
      ReadRequest const request = waiting_.pop();
      lock.unlock();
      Done done = perform(request);
      lock.lock();
      done_.push(std::move(done));
      done_there_.notify_one();
    }
  }

  InputFiles const& files_;
  std::mutex mutex_;
  std::condition_variable_any work_there_;
  std::condition_variable done_there_;
  Ring<ReadRequest> waiting_;
  Ring<Done> done_;
  std::vector<std::jthread> threads_;  // last: stopped and joined before the rest goes
};

}  // namespace

std::unique_ptr<ReadEngine> make_pread_engine(int depth, InputFiles const& files) {
  return std::make_unique<PreadEngine>(depth, files);
}

EngineChoice make_engine(Engine wanted, int depth, InputFiles const& files, std::span<std::byte> memory) {
  if (wanted == Engine::pread) return {make_pread_engine(depth, files), ""};
  std::string why;
  if (auto engine = make_uring_engine(depth, files, memory, why)) return {std::move(engine), ""};
  std::string const note =
      wanted == Engine::io_uring ? "io_uring is not to be had (" + why + "): pread is used" : "";
  return {make_pread_engine(depth, files), note};
}

}  // namespace muster::dataload
