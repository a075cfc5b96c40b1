#include "tests/standin/nvml/scenario.hpp"

#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace muster::standin {
namespace {

std::string text_of(char const* name) {
  char const* const value = std::getenv(name);
  return value ? value : "";
}

class Script {
 public:
  bool holds(std::string_view scenario) {
    std::lock_guard const lock(mutex_);
    read();
    if (readings_ < static_cast<std::uint64_t>(setting("MUSTER_STANDIN_NVML_AFTER", 0))) return false;
    return ("," + scenarios_ + ",").find("," + std::string(scenario) + ",") != std::string::npos;
  }
  void count_reading() {
    std::lock_guard const lock(mutex_);
    read();
    ++readings_;
  }
  std::uint64_t times_before(std::string_view counter) {
    std::lock_guard const lock(mutex_);
    read();
    return times_[std::string(counter)]++;
  }
  void start_anew() {
    std::lock_guard const lock(mutex_);
    readings_ = 0;
    times_.clear();
  }

 private:
  void read() {
    auto const now = text_of("MUSTER_STANDIN_NVML");
    if (now == scenarios_) return;
    scenarios_ = now;
    readings_ = 0;
    times_.clear();
  }

  std::mutex mutex_;
  std::string scenarios_;
  std::uint64_t readings_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> times_;
};

Script& script() {
  static auto* const the_one = new Script;  // used by threads that outlive static objects
  return *the_one;
}

}  // namespace

bool suffers_from(std::string_view scenario) { return script().holds(scenario); }
void count_reading() { script().count_reading(); }
std::uint64_t times_before(std::string_view counter) { return script().times_before(counter); }
void start_anew() { script().start_anew(); }

int setting(char const* name, int fallback) {
  auto const text = text_of(name);
  return text.empty() ? fallback : std::atoi(text.c_str());
}

}  // namespace muster::standin
