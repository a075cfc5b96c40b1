#include "tests/standin/process_group.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>

namespace muster::standin {
namespace {

constexpr std::size_t slot_bytes = 4096;

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

struct Child {
  pid_t process = -1;
  int result = -1;  // reading end of a pipe
};

std::string outcome(Group& group, std::function<std::string(Group&)> const& body) {
  try {
    return body(group);
  } catch (std::exception const& error) {
    return std::string("threw: ") + error.what();
  }
}

Child start(Shared& shared, int rank, int ranks, std::function<std::string(Group&)> const& body) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid_t const process = fork();
  if (process < 0) throw std::runtime_error("no process");
  if (process > 0) {
    close(ends[1]);
    return {process, ends[0]};
  }
  ProcessGroup group(shared, 0, rank, ranks);
  auto const text = outcome(group, body);
  bool const written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(written ? 0 : 1);  // without the parent's destructors and exit handlers
}

std::string read_all(int file) {
  std::string text;
  char buffer[1024];
  for (ssize_t got = 0; (got = read(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(file);
  return text;
}

std::string finish(Child const& child, std::chrono::steady_clock::time_point deadline) {
  int status = 0;
  while (waitpid(child.process, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(child.process, SIGKILL);
      waitpid(child.process, &status, 0);
      close(child.result);
      return "hung";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  auto const text = read_all(child.result);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "died";
}

}  // namespace

std::vector<std::string> run_ranks(int ranks, std::function<std::string(Group&)> const& body, int seconds) {
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  auto& shared = *static_cast<Shared*>(memory);
  std::vector<Child> children;
  for (int rank = 0; rank < ranks; ++rank) children.push_back(start(shared, rank, ranks, body));
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::vector<std::string> results;
  for (auto const& child : children) results.push_back(finish(child, deadline));
  munmap(memory, sizeof(Shared));
  return results;
}

}  // namespace muster::standin
