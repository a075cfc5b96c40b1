// Where the ranks of one communicator meet: POSIX shared memory under the name that the unique id carries.
#pragma once
#include <nccl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace muster::standin {

inline constexpr std::size_t slot_bytes = std::size_t{1} << 20;
inline constexpr std::size_t ring_bytes = std::size_t{1} << 16;
inline constexpr int most_ranks = 64;

/// Bytes from one rank to another, in order. One writer, one reader.
struct Ring {
  std::atomic<std::uint64_t> written, read;
  std::byte data[ring_bytes];

  std::size_t put(std::span<std::byte const> bytes);  ///< as many as fit; how many that was
  std::size_t take(std::span<std::byte> bytes);       ///< as many as are there; how many that was
};

/// What a rank is doing, for the others to compare.
struct Doing {
  int function, type, reduction, root;
  std::uint64_t count;
  bool operator==(Doing const&) const = default;
};

enum class Leaving { no, finalized, gave_up };

/// What the ranks know of each other.
struct Member {
  std::atomic<std::uint64_t> identity;  ///< of GPU and host: two that say the same share a GPU
  std::atomic<std::uint64_t> ids;       ///< of the unique ids it came with
  std::atomic<int> process;             ///< 0: not here yet
  std::atomic<int> color, key;          ///< of a split that is under way
  std::atomic<Leaving> left;
  /// Collectives begun, times 2; plus 1 while it is in one.
  std::atomic<std::uint64_t> where;
  Doing doing[2];  ///< in collective n: doing[n % 2], written before `where`
};

/// Everything that ranks tell each other is atomic or ordered by something atomic, and nothing is locked, so
/// a rank that dies leaves no lock behind: the others wait for it until they are told to stop, as with the
/// real library.
class Meeting {
 public:
  /// Opens or makes the shared memory. Throws std::system_error.
  Meeting(std::string const& name, int rank, int ranks);
  ~Meeting();
  Meeting(Meeting const&) = delete;
  Meeting& operator=(Meeting const&) = delete;

  int ranks() const { return ranks_; }
  /// Waits for all ranks; false if `stop` said so before they had all come.
  bool barrier(std::function<bool()> const& stop);
  /// After the first barrier nobody needs the name any more; the memory lives as long as a rank has it.
  void forget_name();

  std::byte* slot(int rank) const;
  Ring& ring(int from, int to) const;
  Member& member(int rank) const;

  /// A fault that all ranks are to know. False when there was one before, which stays.
  bool report(ncclResult_t code, std::string const& text);
  struct Fault {
    ncclResult_t code;
    std::string text;
  };
  std::optional<Fault> fault() const;

 private:
  struct Shared;
  std::string const name_;
  int const ranks_;
  std::size_t bytes_ = 0;
  void* memory_ = nullptr;
  Shared* shared_ = nullptr;
};

/// Sleeps a little, the longer it has been going on.
void pause(int polls);

}  // namespace muster::standin
