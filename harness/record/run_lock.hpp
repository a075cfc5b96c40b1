// One run at a time in one folder, also where that is shared by many nodes: no flock, which shared file
// systems lack or make up.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace muster {

/// Who holds a folder.
struct LockHolder {
  std::string host;
  long pid = 0;
  std::uint64_t process_start = 0;  ///< clock ticks after the host's start: pids are used again
  std::string boot;                 ///< the host's start, by the kernel's random name for it
  std::string pid_space;            ///< in which `pid` means something: a container has its own
  std::string job_id;               ///< of the scheduler's job; "" outside of one
  int restarts = 0;                 ///< how often the scheduler started that job anew
};
LockHolder this_process(std::string job_id = {}, int restarts = 0);
std::string name_of(LockHolder const& holder);  ///< "process 4711 on node17 (job 81)"

/// What can be told of a lock from here.
struct LockState {
  LockHolder holder;
  /// Known on its own host only.
  std::optional<bool> alive{};
  /// Since it gave a sign of life, by the file system's own clock; nodes' clocks may differ.
  double silent_seconds = 0;
};

struct LockTimes {
  double sign_seconds = 10;     ///< between two signs of life
  double silence_seconds = 60;  ///< after which a holder on another host counts as dead
};

/// What the folder's file system believes the time to be, in seconds since 1970; absent where the folder
/// cannot be written.
std::optional<double> file_system_time(std::filesystem::path const& folder);

/// Absent where nobody holds the folder. Needs a folder that can be written to tell how long a holder on
/// another host has been silent; without one that counts as 0.
std::optional<LockState> look_at_lock(std::filesystem::path const& folder, LockHolder const& self);

/// Held as long as it lives, with a sign of life every few seconds.
class RunLock {
 public:
  /// Throws Error(usage) where a living process holds the folder, saying which one; Error(not_saved) where
  /// the folder cannot be written. A dead holder's lock is taken over: its process is gone; it is an earlier
  /// start of the same scheduler's job; or it has been silent for too long. `lost` is called, from another
  /// thread, where somebody else has taken it over meanwhile (this process was stopped for that long).
  RunLock(std::filesystem::path folder, LockHolder self, std::function<void()> lost, LockTimes times = {});
  ~RunLock();
  RunLock(RunLock const&) = delete;
  RunLock& operator=(RunLock const&) = delete;

  std::optional<LockHolder> const& taken_from() const { return taken_from_; }  ///< the dead one

 private:
  bool create();
  bool create_in_place();
  void write_holder(int file, std::filesystem::path const& target);
  void take_over();
  bool still_ours() const;
  void give_signs();

  std::filesystem::path folder_;
  LockHolder self_;
  LockTimes times_;
  std::function<void()> lost_;
  std::optional<LockHolder> taken_from_;
  std::uint64_t inode_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace muster
