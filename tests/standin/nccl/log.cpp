#include "tests/standin/nccl/log.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

namespace muster::standin {
namespace {

std::string environment(char const* name) {
  char const* const value = std::getenv(name);
  return value ? value : "";
}

std::string host() {
  char name[256] = "";
  (void)gethostname(name, sizeof name - 1);  // without a name the line has none
  std::string const full = name;
  return full.substr(0, full.find('.'));
}

std::string expanded(std::string const& pattern) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char const next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    bool const known = pattern[i] == '%' && (next == 'h' || next == 'p' || next == '%');
    if (!known) {
      path += pattern[i];
      continue;
    }
    path += next == 'h' ? host() : next == 'p' ? std::to_string(getpid()) : "%";
    ++i;
  }
  return path;
}

bool asks_for_tuning() {
  if (environment("NCCL_DEBUG") != "INFO") return false;
  return ("," + environment("NCCL_DEBUG_SUBSYS") + ",").find(",TUNING,") != std::string::npos;
}

class Log {
 public:
  void write(std::string const& line) {
    std::lock_guard const lock(mutex_);
    if (!read_) read();
    if (!wanted_) return;
    std::FILE* const out = file_ ? file_.get() : stdout;
    std::fputs(line.c_str(), out);
    std::fflush(out);
  }
  void reset() {
    std::lock_guard const lock(mutex_);
    read_ = false;
  }

 private:
  void read() {
    read_ = true;
    wanted_ = asks_for_tuning();
    file_.reset();
    auto const path = expanded(environment("NCCL_DEBUG_FILE"));
    if (wanted_ && !path.empty()) file_.reset(std::fopen(path.c_str(), "w"));
  }
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::mutex mutex_;
  bool read_ = false, wanted_ = false;
  std::unique_ptr<std::FILE, Close> file_;
};

Log& the_log() {
  static auto* const the_one = new Log;  // used by threads that outlive static objects
  return *the_one;
}

struct LastError {
  std::mutex mutex;
  std::string text;
};
LastError& the_last_error() {
  static auto* const the_one = new LastError;
  return *the_one;
}

}  // namespace

void warn(std::string const& text) {
  std::fprintf(stderr, "stand-in nccl: %s\n", text.c_str());
  remember(text);
}

void remember(std::string const& text) {
  auto& last = the_last_error();
  std::lock_guard const lock(last.mutex);
  last.text = text;
}

char const* last_error() {
  thread_local std::string mine;
  auto& last = the_last_error();
  std::lock_guard const lock(last.mutex);
  mine = last.text;
  return mine.c_str();
}

Choice choice(Function function, std::size_t bytes) {
  if (bytes <= 64U << 10) return {function == Function::all_reduce ? "TREE" : "RING", "LL"};
  return {"RING", bytes <= 1U << 20 ? "LL128" : "SIMPLE"};
}

float estimated_microseconds(std::size_t bytes, int ranks) {
  return 5.0F * static_cast<float>(ranks) + static_cast<float>(bytes) / 10'000.0F;
}

void log_tuning([[maybe_unused]] Call const& call, [[maybe_unused]] int device,
                [[maybe_unused]] int channels) {
#ifndef MUSTER_STANDIN_NCCL_OLD  // 2.18 has no such line
  std::size_t const bytes = call.count * element_bytes(call.type);
  auto const [algorithm, protocol] = choice(call.function, bytes);
  char line[512];
  std::snprintf(line, sizeof line,
                "%s:%d:%ld [%d] NCCL INFO %s: %zu Bytes -> Algo %s proto %s channel{Lo..Hi}={%d..%d}\n",
                host().c_str(), static_cast<int>(getpid()), syscall(SYS_gettid), device, name(call.function),
                bytes, algorithm, protocol, 0, channels - 1);
  the_log().write(line);
#endif
}

void reset_log() { the_log().reset(); }

}  // namespace muster::standin
