#include "harness/record/save.hpp"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>

#include "harness/record/file_descriptor.hpp"
#include "harness/record/io_error.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// A file of our own beside the one to be replaced; gone unless it took that one's place.
class Draft {
 public:
  Draft(fs::path const& target, mode_t mode)
      : target_(target), path_(fresh_name(target)), file_(create(path_, target, mode)) {}
  ~Draft() {
    if (!placed_) ::unlink(path_.c_str());
  }
  Draft(Draft const&) = delete;
  Draft& operator=(Draft const&) = delete;

  void write(std::string_view contents) {
    check(write_all(file_.get(), contents));
    check(::fsync(file_.get()) == 0 ? 0 : errno);
    check(file_.close());
  }
  void take_its_place() {
    check(::rename(path_.c_str(), target_.c_str()) == 0 ? 0 : errno);
    placed_ = true;
  }
  /// False where somebody has it.
  bool take_a_free_place() {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0)
      return placed_ = true;
    if (errno == EEXIST) return false;
    if (::link(path_.c_str(), target_.c_str()) == 0) return true;  // where rename knows no flags: NFS
    if (errno == EEXIST) return false;
    throw not_saved(target_, errno);
  }

 private:
  static fs::path fresh_name(fs::path const& target) {
    static std::atomic<unsigned> count{0};
    return target.parent_path() / ("." + target.filename().string() + "." + std::to_string(::getpid()) + "-" +
                                   std::to_string(count++));
  }
  /// Not mkstemp: its 0600 would stay, and results are read by others as the umask says.
  static int create(fs::path const& path, fs::path const& target, mode_t mode) {
    ::unlink(path.c_str());  // left by a process of the same number that was killed
    int const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file < 0) throw not_saved(target, errno);
    return file;
  }
  void check(int reason) const {
    if (reason != 0) throw not_saved(target_, reason);
  }

  fs::path const& target_;
  fs::path path_;
  FileDescriptor file_;
  bool placed_ = false;
};

/// The rename itself must survive a power cut too.
void flush_folder(fs::path const& folder, fs::path const& file) {
  FileDescriptor const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.open()) throw not_saved(file, errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL)
    throw not_saved(file, errno);  // EINVAL: it cannot (some FUSE)
}

/// With a folder to be in.
fs::path prepared(fs::path const& file) {
  fs::path whole = fs::absolute(file);
  std::error_code failed;
  fs::create_directories(whole.parent_path(), failed);
  if (failed) throw not_saved(file, failed.value());
  return whole;
}

/// A link stands for what it points to, and stays; also where that is yet to be made.
fs::path behind_links(fs::path const& file) {
  constexpr int most = 40;  // as Linux itself follows
  fs::path target = file;
  std::error_code none;
  for (int i = 0; i < most && fs::is_symlink(target, none); ++i)
    target = target.parent_path() / fs::read_symlink(target);
  if (fs::is_symlink(target, none)) throw not_saved(file, ELOOP);
  return target;
}

/// Writes of this thread to a pipe without reader are errors, as long as this lives, and not the end.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&broken_);
    sigaddset(&broken_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_, &before_);
  }
  ~NoBrokenPipe() {
    timespec const at_once{};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&broken_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(NoBrokenPipe const&) = delete;
  NoBrokenPipe& operator=(NoBrokenPipe const&) = delete;

 private:
  sigset_t broken_{}, before_{};
};

/// Devices, pipes: they are written to, since a file in their place is not what anybody asks for.
void write_into(fs::path const& special, std::string_view contents) {
  NoBrokenPipe const errors_only;
  FileDescriptor file(::open(special.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.open()) throw not_saved(special, errno);
  if (int const reason = write_all(file.get(), contents)) throw not_saved(special, reason);
  if (int const reason = file.close()) throw not_saved(special, reason);
}

bool is_special(fs::path const& file) {
  std::error_code failed;
  auto const status = fs::status(file, failed);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

}  // namespace

void save_atomically(fs::path const& file, std::string_view contents, mode_t mode) {
  fs::path const given = prepared(file);
  if (is_special(given)) return write_into(given, contents);
  fs::path const whole = behind_links(given);
  std::error_code unreachable;  // then the draft's own error says why
  if (fs::is_directory(whole, unreachable)) throw not_saved(given, EISDIR);
  Draft draft(whole, mode);
  draft.write(contents);
  draft.take_its_place();
  flush_folder(whole.parent_path(), whole);
}

bool save_new(fs::path const& file, std::string_view contents, mode_t mode) {
  fs::path const whole = prepared(file);
  Draft draft(whole, mode);
  draft.write(contents);
  if (!draft.take_a_free_place()) return false;
  flush_folder(whole.parent_path(), whole);
  return true;
}

std::string sha256(std::string_view bytes) {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<std::uint8_t const*>(bytes.data()));
  sha256_digest(&context, digest.size(), digest.data());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned const byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace muster
