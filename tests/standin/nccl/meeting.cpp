#include "tests/standin/nccl/meeting.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace muster::standin {

// Shared memory starts as zeros, which is a valid start for all of these.
struct Meeting::Shared {
  std::atomic<std::uint32_t> arrived, round;
  std::atomic<std::uint64_t> identities[most_ranks];
  alignas(4096) std::byte slots[1];
};

Meeting::Meeting(std::string const& name, int rank, int ranks) : name_(name), ranks_(ranks) {
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  if (rank < 0 || ranks > most_ranks || rank >= ranks) throw std::invalid_argument("no such rank");
  bytes_ = sizeof(Shared) + static_cast<std::size_t>(ranks) * slot_bytes;
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
    if (polls < 100) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  return true;
}

std::byte* Meeting::slot(int rank) const {
  return shared_->slots + static_cast<std::size_t>(rank) * slot_bytes;
}

std::atomic<std::uint64_t>& Meeting::identity(int rank) const { return shared_->identities[rank]; }

}  // namespace muster::standin
