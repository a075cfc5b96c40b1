#include "tests/standin/process_group.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "tests/forked.hpp"

namespace muster::standin {
namespace {

constexpr std::size_t slot_bytes = 1 << 18;

// The memory of one group's ranks; starts as zeros.
struct Room {
  std::atomic<unsigned> arrived, round;
  struct Slot {
    std::size_t size;
    std::byte data[slot_bytes];
  } slots[16];
};

// Rooms for the group of all ranks and those that are split off.
struct Shared {
  std::atomic<int> taken;
  Room rooms[64];
};

class ProcessGroup final : public Group {
 public:
  ProcessGroup(Shared& shared, int room, int rank, int size)
      : shared_(shared), room_(shared.rooms[room]), rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int node_rank() const override { return rank_; }
  int node_size() const override { return size_; }

  int node() const override { return 0; }
  int nodes() const override { return 1; }

  void barrier() override {
    unsigned const round = room_.round.load();
    if (room_.arrived.fetch_add(1) + 1 == static_cast<unsigned>(size_)) {
      room_.arrived.store(0);
      room_.round.store(round + 1);
    }
    while (room_.round.load() == round) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }

  using Group::max;
  void max(std::span<double> values) override {
    post(std::as_bytes(values));
    for (int other = 0; other < size_; ++other) {
      auto const* const theirs = reinterpret_cast<double const*>(slot(other).data);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::max(values[i], theirs[i]);
    }
    barrier();
  }

  void broadcast(std::span<std::byte> data, int root) override {
    post(data);
    if (rank_ != root) std::memcpy(data.data(), slot(root).data, data.size());
    barrier();
  }

  std::vector<std::string> gather(std::string_view text) override {
    post(std::as_bytes(std::span(text)));
    std::vector<std::string> all;
    for (int other = 0; other < size_ && rank_ == 0; ++other) {
      all.emplace_back(reinterpret_cast<char const*>(slot(other).data), slot(other).size);
    }
    barrier();
    return all;
  }
  std::vector<std::string> gather_node(std::string_view text) override { return gather(text); }

  std::unique_ptr<Group> split(int color) override {
    int const wanted[] = {color,
                          color < 0 ? -1 : ++shared_.taken};  // the room of a color's first rank counts
    post(std::as_bytes(std::span(wanted)));
    int room = -1, rank = 0, size = 0;
    for (int other = 0; other < size_; ++other) {
      auto const* const theirs = reinterpret_cast<int const*>(slot(other).data);
      if (theirs[0] != color) continue;
      if (size++ == 0) room = theirs[1];
      if (other < rank_) ++rank;
    }
    barrier();
    return color < 0 ? nullptr : std::make_unique<ProcessGroup>(shared_, room, rank, size);
  }
  void run(CollectiveCall const&) override {
    throw std::logic_error("the cuda backend has no use for the host's collectives");
  }

 private:
  Room::Slot& slot(int rank) { return room_.slots[rank]; }

  void post(std::span<std::byte const> data) {
    if (data.size() > slot_bytes) throw std::length_error("too much for a slot");
    slot(rank_).size = data.size();
    std::memcpy(slot(rank_).data, data.data(), data.size());
    barrier();
  }

  Shared& shared_;
  Room& room_;
  int rank_, size_;
};

}  // namespace

std::vector<std::string> run_ranks(int ranks, std::function<std::string(Group&)> const& body, int seconds) {
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  auto& shared = *static_cast<Shared*>(memory);
  std::vector<tests::Forked> children;
  for (int rank = 0; rank < ranks; ++rank) {
    children.emplace_back([&] {
      ProcessGroup group(shared, 0, rank, ranks);
      return body(group);
    });
  }
  auto const deadline = tests::Forked::Clock::now() + std::chrono::seconds(seconds);
  std::vector<std::string> results;
  for (auto const& child : children) results.push_back(child.told(deadline));
  munmap(memory, sizeof(Shared));
  return results;
}

}  // namespace muster::standin
