// Reads that block, made to overlap by threads: one for each read in flight.
#pragma once
#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/ring.hpp"

namespace muster::dataload {

/// Makes one read; "" or why it failed (read_failure). Called on any thread of the pool.
using ReadCall = std::function<std::string(ReadRequest const& request)>;

/// With a depth of 1 the caller of wait() reads, without any thread.
class ReadPool final : public ReadEngine {
 public:
  ReadPool(int depth, std::string name, ReadCall call);
  ~ReadPool() override;
  std::string name() const override { return name_; }
  int depth() const override { return depth_; }
  void submit(ReadRequest const& request) override;
  std::uint64_t wait() override;

 private:
  struct Done {
    std::uint64_t tag = 0;
    std::string failure{};
  };
  Done next_done();
  void work(std::stop_token const& stop);

  int depth_;
  std::string name_;
  ReadCall call_;
  std::mutex mutex_{};
  std::condition_variable_any work_there_{};
  std::condition_variable done_there_{};
  Ring<ReadRequest> waiting_;
  Ring<Done> done_;
  std::vector<std::jthread> threads_{};  // last: stopped and joined before the rest goes
};

/// pread(2), or what a test has in its place.
using Pread = std::function<ssize_t(int descriptor, void* into, std::size_t size, off_t offset)>;

/// Goes on after short and interrupted reads. "" or why it failed.
std::string read_with(Pread const& pread, InputFiles const& files, ReadRequest const& request);

}  // namespace muster::dataload
