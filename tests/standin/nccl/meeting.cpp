#include "tests/standin/nccl/meeting.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace muster::standin {

// Shared memory starts as zeros, which is a valid start for all of these. Behind it: slots, then rings.
struct Meeting::Shared {
  std::atomic<std::uint32_t> arrived, round;
  std::atomic<int> fault_writers, fault;  // fault_text is written by the first writer, before `fault`
  char fault_text[512];
  Member members[most_ranks];
};

namespace {

constexpr std::size_t page = 4096;

std::size_t pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }

std::size_t of(int count, std::size_t bytes) { return static_cast<std::size_t>(count) * bytes; }

}  // namespace

std::size_t Ring::put(std::span<std::byte const> bytes) {
  auto const at = written.load();
  auto const room = ring_bytes - static_cast<std::size_t>(at - read.load());
  auto const count = std::min(room, bytes.size());
  auto const start = static_cast<std::size_t>(at % ring_bytes), first = std::min(count, ring_bytes - start);
  std::copy_n(bytes.begin(), first, data + start);
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(first), count - first, data);
  written.store(at + count);
  return count;
}

std::size_t Ring::take(std::span<std::byte> bytes) {
  auto const at = read.load();
  auto const count = std::min(static_cast<std::size_t>(written.load() - at), bytes.size());
  auto const start = static_cast<std::size_t>(at % ring_bytes), first = std::min(count, ring_bytes - start);
  std::copy_n(data + start, first, bytes.begin());
  std::copy_n(data, count - first, bytes.begin() + static_cast<std::ptrdiff_t>(first));
  read.store(at + count);
  return count;
}

Meeting::Meeting(std::string const& name, int rank, int ranks) : name_(name), ranks_(ranks) {
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  if (rank < 0 || ranks > most_ranks || rank >= ranks) throw std::invalid_argument("no such rank");
  bytes_ = pages(sizeof(Shared)) + of(ranks, slot_bytes) + of(ranks * ranks, pages(sizeof(Ring)));
  int const file = shm_open(name_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "shm_open " + name_);
  bool const sized = ftruncate(file, static_cast<off_t>(bytes_)) == 0;
  if (sized) memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  int const error = errno;
  close(file);
  if (!sized || memory_ == MAP_FAILED)
    throw std::system_error(error, std::generic_category(), "memory " + name_);
  shared_ = static_cast<Shared*>(memory_);
}

Meeting::~Meeting() {
  forget_name();
  munmap(memory_, bytes_);
}

void Meeting::forget_name() { shm_unlink(name_.c_str()); }

bool Meeting::barrier(std::function<bool()> const& stop) {
  std::uint32_t const round = shared_->round.load();
  if (shared_->arrived.fetch_add(1) + 1 == static_cast<std::uint32_t>(ranks_)) {
    shared_->arrived.store(0);
    shared_->round.store(round + 1);
    return true;
  }
  for (int polls = 0; shared_->round.load() == round; ++polls) {
    if (stop()) return false;
    pause(polls);
  }
  return true;
}

std::byte* Meeting::slot(int rank) const {
  return static_cast<std::byte*>(memory_) + pages(sizeof(Shared)) + of(rank, slot_bytes);
}

Ring& Meeting::ring(int from, int to) const {
  return *reinterpret_cast<Ring*>(slot(ranks_) + of(from * ranks_ + to, pages(sizeof(Ring))));
}

Member& Meeting::member(int rank) const { return shared_->members[rank]; }

bool Meeting::report(ncclResult_t code, std::string const& text) {
  if (shared_->fault_writers.fetch_add(1) > 0) return false;
  std::snprintf(shared_->fault_text, sizeof shared_->fault_text, "%s", text.c_str());
  shared_->fault.store(static_cast<int>(code));
  return true;
}

std::optional<Meeting::Fault> Meeting::fault() const {
  int const code = shared_->fault.load();
  if (code == 0) return std::nullopt;
  return Fault{static_cast<ncclResult_t>(code), shared_->fault_text};
}

void pause(int polls) {
  if (polls < 100) return std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::microseconds(50));
}

}  // namespace muster::standin
