// Engine: io_uring, with registered buffers where the kernel grants them.
#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/read_engine.hpp"

#ifdef MUSTER_HAS_URING
#include <liburing.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#endif

namespace muster::dataload {

#ifdef MUSTER_HAS_URING
namespace {

class UringEngine : public ReadEngine {
 public:
  /// `ring` is set up; the engine takes it over.
  UringEngine(io_uring ring, int depth, InputFiles const& files, std::span<std::byte> memory)
      : ring_(ring), files_(files), memory_(memory), flights_(static_cast<std::size_t>(depth)) {
    for (std::size_t i = flights_.size(); i > 0; --i) free_.push_back(i - 1);
    iovec const area{memory.data(), memory.size()};
    constexpr std::size_t largest_area = std::size_t{1}
                                         << 30;  // the kernel's limit for one registered buffer
    bool const possible = !memory.empty() && memory.size() <= largest_area;
    registered_ = possible && io_uring_register_buffers(&ring_, &area, 1) == 0;
  }
  UringEngine(UringEngine const&) = delete;
  UringEngine& operator=(UringEngine const&) = delete;
  ~UringEngine() override {
    while (free_.size() < flights_.size()) {  // the kernel writes to memory that is about to go
      io_uring_cqe* entry = nullptr;
      int const error = io_uring_wait_cqe(&ring_, &entry);
      if (error == -EINTR) continue;
      if (error < 0) break;
      auto const at = io_uring_cqe_get_data64(entry);
      io_uring_cqe_seen(&ring_, entry);
      land(at);
    }
    io_uring_queue_exit(&ring_);
  }

  std::string name() const override { return "io_uring"; }
  std::string details() const override {
    return registered_ ? "io_uring, registered buffers" : "io_uring, buffers not registered";
  }
  int depth() const override { return static_cast<int>(flights_.size()); }

  void submit(ReadRequest const& request) override {
    int const descriptor = files_.acquire(request.file);
    if (descriptor < 0) throw DeviceError(read_failure(files_, request, -descriptor));
    std::size_t const at = free_.back();
    free_.pop_back();
    flights_[at] = {request, descriptor, 0};
    push(at);
  }

  std::uint64_t wait() override {
    while (true) {
      io_uring_cqe* entry = nullptr;
      int const error = io_uring_wait_cqe(&ring_, &entry);
      if (error == -EINTR) continue;
      if (error < 0) throw DeviceError(fmt::format("io_uring stopped working ({})", std::strerror(-error)));
      auto const at = io_uring_cqe_get_data64(entry);
      int const got = entry->res;
      io_uring_cqe_seen(&ring_, entry);
      auto& flight = flights_[at];
      if (got > 0) flight.done += static_cast<std::size_t>(got);
      bool const more = flight.done < flight.request.needed && (got > 0 || got == -EINTR || got == -EAGAIN);
      if (more) {
        push(at);
        continue;
      }
      ReadRequest const request = flight.request;
      bool const whole = flight.done >= request.needed;
      land(at);
      if (!whole) throw DeviceError(read_failure(files_, request, std::max(0, -got)));
      return request.tag;
    }
  }

 private:
  struct Flight {
    ReadRequest request{};
    int descriptor = -1;
    std::size_t done = 0;
  };

  void push(std::size_t at) {
    auto const& [request, descriptor, done] = flights_[at];
    auto* const entry = io_uring_get_sqe(&ring_);  // never null: the queue is as deep as flights_
    auto const length = static_cast<unsigned>(request.length - done);
    if (registered_) {
      io_uring_prep_read_fixed(entry, descriptor, request.into + done, length, request.offset + done, 0);
    } else {
      io_uring_prep_read(entry, descriptor, request.into + done, length, request.offset + done);
    }
    io_uring_sqe_set_data64(entry, at);
    int const submitted = io_uring_submit(&ring_);
    if (submitted >= 0) return;
    land(at);
    throw DeviceError(read_failure(files_, request, -submitted));
  }

  void land(std::size_t at) {
    files_.release(flights_[at].descriptor, flights_[at].request.offset, flights_[at].done);
    flights_[at].descriptor = -1;
    free_.push_back(at);
  }

  io_uring ring_;
  InputFiles const& files_;
  std::span<std::byte> memory_;
  std::vector<Flight> flights_;
  std::vector<std::size_t> free_{};
  bool registered_ = false;
};

}  // namespace

std::unique_ptr<ReadEngine> make_uring_engine(int depth, InputFiles const& files, std::span<std::byte> memory,
                                              std::string& why) {
  io_uring ring{};
  int const error = io_uring_queue_init(static_cast<unsigned>(depth), &ring, 0);
  if (error < 0) {
    why = fmt::format("the kernel refuses: {}", std::strerror(-error));
    return nullptr;
  }
  return std::make_unique<UringEngine>(ring, depth, files, memory);
}

#else

std::unique_ptr<ReadEngine> make_uring_engine(int, InputFiles const&, std::span<std::byte>,
                                              std::string& why) {
  why = "this build lacks liburing";
  return nullptr;
}

#endif

}  // namespace muster::dataload
