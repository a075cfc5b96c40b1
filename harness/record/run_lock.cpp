#include "harness/record/run_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <sstream>

#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/environment_parts.hpp"
#include "harness/record/fields.hpp"
#include "harness/record/file_descriptor.hpp"
#include "harness/record/io_error.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {

void fields(auto& a, Is<LockHolder> auto& v) {
  a("host", v.host);
  a("pid", v.pid);
  a("process_start", v.process_start);
  a("boot", v.boot);
  a("pid_space", v.pid_space);
  a.when(!v.job_id.empty(), "job_id", v.job_id);
  a("restarts", v.restarts);
}

namespace {

namespace fs = std::filesystem;

fs::path lock_file(fs::path const& folder) { return folder / "lock"; }

/// The 22nd field of /proc/PID/stat; the second one, a name in brackets, may hold anything. Absent: no such
/// process.
std::optional<std::uint64_t> start_of(long pid) {
  auto const text = file_text(fmt::format("/proc/{}/stat", pid));
  auto const bracket = text.rfind(')');
  if (bracket == text.npos) return std::nullopt;
  std::istringstream rest(text.substr(bracket + 1));
  std::string field;
  for (int i = 3; i <= 22 && rest >> field; ++i) {
    if (i == 3 && (field == "Z" || field == "X")) return std::nullopt;  // dead, and not yet waited for
  }
  std::istringstream number(field);
  std::uint64_t start = 0;
  return number >> start ? std::optional(start) : std::nullopt;
}

std::string link_text(fs::path const& link) {
  std::error_code unreadable;  // a system without it has one space of pids
  auto const target = fs::read_symlink(link, unreadable);
  return unreadable ? "" : target.string();
}

struct OpenedLock {
  std::string text;
  struct stat info {};
};

/// Opened anew each time: that is when a network file system asks its server.
std::optional<OpenedLock> read_lock(fs::path const& file) {
  FileDescriptor const opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  OpenedLock lock;
  if (!opened.open() || ::fstat(opened.get(), &lock.info) != 0) return std::nullopt;
  char buffer[4096];
  auto const got = ::pread(opened.get(), buffer, sizeof buffer, 0);
  lock.text.assign(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
  return lock;
}

double seconds(struct timespec const& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

LockHolder holder_in(std::string const& text) {
  LockHolder holder;
  try {
    decode(parse_json(text), Path{}, holder);
  } catch (Error const&) {
    holder.host = "?";  // being written, or torn: its age decides
  }
  return holder;
}

bool judged_here(LockHolder const& holder, LockHolder const& self) {
  return holder.boot == self.boot && holder.pid_space == self.pid_space;
}

bool is_dead(LockState const& state, LockHolder const& self, LockTimes const& times) {
  auto const& holder = state.holder;
  bool const earlier =
      !self.job_id.empty() && holder.job_id == self.job_id && holder.restarts < self.restarts;
  if (state.alive) return !*state.alive;
  return earlier || state.silent_seconds > times.silence_seconds;
}

[[noreturn]] void refuse(fs::path const& folder, LockState const& state, LockTimes const& times) {
  auto const since = state.alive ? "it is alive"
                                 : fmt::format("its last sign of life is {} old",
                                               human_duration(std::max(0.0, state.silent_seconds)));
  auto const remedy = state.alive
                          ? "give another folder with -o, or end that run first"
                          : fmt::format("give another folder with -o, or, if it is dead, try again in {}",
                                        human_duration(times.silence_seconds));
  throw Error(ExitCode::usage, fmt::format("another run is at work in {} ({}; {}) {}", folder.string(),
                                           name_of(state.holder), since, remedy));
}

int new_file(fs::path const& file, fs::path const& target) {
  int const opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (opened < 0) throw not_saved(target, errno);
  return opened;
}

}  // namespace

std::optional<double> file_system_time(fs::path const& folder) {
  auto const probe = folder / fmt::format(".lock.{}.{}.time", safe_host_name(host_name()), ::getpid());
  FileDescriptor const opened(
      ::open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat info {};
  bool const known = opened.open() && write_all(opened.get(), "\n") == 0 && ::fstat(opened.get(), &info) == 0;
  ::unlink(probe.c_str());
  return known ? std::optional(seconds(info.st_mtim)) : std::nullopt;
}

LockHolder this_process(std::string job_id, int restarts) {
  long const pid = ::getpid();
  return {host_name(),
          pid,
          start_of(pid).value_or(0),
          first_line("/proc/sys/kernel/random/boot_id"),
          link_text("/proc/self/ns/pid"),
          std::move(job_id),
          restarts};
}

std::string name_of(LockHolder const& holder) {
  return fmt::format("process {} on {}{}", holder.pid, holder.host,
                     holder.job_id.empty() ? "" : fmt::format(" (job {})", holder.job_id));
}

std::optional<LockState> look_at_lock(fs::path const& folder, LockHolder const& self) {
  auto const lock = read_lock(lock_file(folder));
  if (!lock) return std::nullopt;
  LockState state{holder_in(lock->text)};
  if (judged_here(state.holder, self)) state.alive = start_of(state.holder.pid) == state.holder.process_start;
  if (auto const now = file_system_time(folder)) state.silent_seconds = *now - seconds(lock->info.st_mtim);
  return state;
}

RunLock::RunLock(fs::path folder, LockHolder self, std::function<void()> lost, LockTimes times)
    : folder_(std::move(folder)), self_(std::move(self)), times_(times), lost_(std::move(lost)) {
  while (!create()) take_over();
  thread_ = std::thread([this] { give_signs(); });
}

RunLock::~RunLock() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  if (still_ours()) ::unlink(lock_file(folder_).c_str());
}

/// False where there is one already.
bool RunLock::create() {
  auto const target = lock_file(folder_);
  auto const draft = folder_ / fmt::format(".lock.{}.{}", safe_host_name(self_.host), self_.pid);
  ::unlink(draft.c_str());  // left by a process of the same number
  FileDescriptor const file(new_file(draft, target));
  write_holder(file.get(), target);
  // A server may have made the link although its answer got lost: the count of links tells.
  struct stat info {};
  int failed = ::link(draft.c_str(), target.c_str()) == 0 ? 0 : errno;
  if (failed != 0 && ::fstat(file.get(), &info) == 0 && info.st_nlink == 2) failed = 0;
  ::unlink(draft.c_str());
  bool const no_links = failed == EPERM || failed == EOPNOTSUPP || failed == EMLINK;
  if (no_links) return create_in_place();
  if (failed != 0 && failed != EEXIST) throw not_saved(target, failed);
  return failed == 0;
}

/// Where a file has one name only, others may see it before its text is there; they go by its age.
bool RunLock::create_in_place() {
  auto const target = lock_file(folder_);
  if (fs::exists(target)) return false;
  FileDescriptor const file(new_file(target, target));
  write_holder(file.get(), target);
  return true;
}

void RunLock::write_holder(int file, fs::path const& target) {
  if (int const reason = write_all(file, compact(encode(self_, Path{})) + "\n"))
    throw not_saved(target, reason);
  struct stat info {};
  if (::fstat(file, &info) != 0) throw not_saved(target, errno);
  inode_ = info.st_ino;
}

/// Two may find the same dead lock; a second file, made by one of them only, decides who removes it.
void RunLock::take_over() {
  auto const state = look_at_lock(folder_, self_);
  if (!state) return;  // given back meanwhile
  if (!is_dead(*state, self_, times_)) refuse(folder_, *state, times_);
  auto const guard = folder_ / "lock.takeover";
  FileDescriptor const file(
      ::open(guard.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!file.open() && errno != EEXIST) throw not_saved(guard, errno);
  if (!file.open()) {
    auto const other = read_lock(guard);
    auto const now = file_system_time(folder_);
    bool const left = other && now && *now - seconds(other->info.st_mtim) > times_.silence_seconds;
    if (left) ::unlink(guard.c_str());  // by one that died in these few lines
    if (!left) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return;
  }
  auto const again = look_at_lock(folder_, self_);  // it may be another one by now
  if (again && is_dead(*again, self_, times_)) {
    taken_from_ = again->holder;
    ::unlink(lock_file(folder_).c_str());
  }
  ::unlink(guard.c_str());
}

bool RunLock::still_ours() const {
  auto const lock = read_lock(lock_file(folder_));
  if (!lock || lock->info.st_ino != inode_) return false;
  auto const holder = holder_in(lock->text);  // a number of a file may be given anew
  return holder.pid == self_.pid && holder.process_start == self_.process_start;
}

void RunLock::give_signs() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::duration<double>(times_.sign_seconds), [&] { return stop_; })) {
    auto const seen = read_lock(lock_file(folder_));
    if (!seen) continue;  // a server that does not answer now; or somebody removed it, which stops nobody
    if (seen->info.st_ino != inode_) return lost_();
    ::utimensat(AT_FDCWD, lock_file(folder_).c_str(), nullptr, 0);
  }
}

}  // namespace muster
