// Where the ranks of one communicator meet: POSIX shared memory under the name that the unique id carries.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace muster::standin {

inline constexpr std::size_t slot_bytes = std::size_t{1} << 20;
inline constexpr int most_ranks = 64;

/// Everything is atomic and nothing is locked, so a rank that dies leaves no lock behind: the others wait for
/// it until they are told to stop, as with the real library.
class Meeting {
 public:
  /// Opens or makes the shared memory. Throws std::system_error.
  Meeting(std::string const& name, int rank, int ranks);
  ~Meeting();
  Meeting(Meeting const&) = delete;
  Meeting& operator=(Meeting const&) = delete;

  /// Waits for all ranks; false if `stop` said so before they had all come.
  bool barrier(std::function<bool()> const& stop);
  /// After the first barrier nobody needs the name any more; the memory lives as long as a rank has it.
  void forget_name();

  std::byte* slot(int rank) const;
  /// What each rank says of its GPU and host; two that say the same share a GPU.
  std::atomic<std::uint64_t>& identity(int rank) const;

 private:
  struct Shared;
  std::string const name_;
  int const ranks_;
  std::size_t bytes_ = 0;
  void* memory_ = nullptr;
  Shared* shared_ = nullptr;
};

}  // namespace muster::standin
