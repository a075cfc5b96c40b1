#include "tests/standin/support/faults.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace muster::standin {
namespace {

struct Rule {
  std::string function;
  int rank = -1;  // -1: any
  int first = 1;
  bool later = false;
  Fault fault;
};

// A scenario that means something else than its author thinks would make a test worthless.
[[noreturn]] void refuse(std::string_view rule) {
  std::fprintf(stderr,
               "stand-in: MUSTER_STANDIN_FAIL: cannot read '%s' (see tests/standin/support/faults.hpp)\n",
               std::string(rule).c_str());
  std::abort();
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    auto const end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Fault> action(std::string_view text) {
  if (text == "hang") return Fault{Fault::Kind::hang, 0};
  if (text == "wrong") return Fault{Fault::Kind::wrong, 0};
  auto const assigned = text.find('=');
  auto const value = number(assigned == std::string_view::npos ? text : text.substr(assigned + 1));
  if (!value) return std::nullopt;
  if (assigned == std::string_view::npos) return Fault{Fault::Kind::status, *value};
  if (text.substr(0, assigned) == "delay") return Fault{Fault::Kind::delay, *value};
  if (text.substr(0, assigned) == "async") return Fault{Fault::Kind::async, *value};
  return std::nullopt;
}

Rule parse(std::string const& text) {
  auto const parts = split(text, ':');
  if (parts.size() != 3) refuse(text);
  Rule rule;
  auto const whose = split(parts[0], '@');
  rule.function = whose[0];
  if (whose.size() > 1) rule.rank = number(whose[1]).value_or(-1);
  if (whose.size() > 2 || (whose.size() == 2 && rule.rank < 0)) refuse(text);
  rule.later = parts[1] == "*" || parts[1].ends_with('+');
  if (parts[1] != "*") {
    auto const first =
        number(rule.later ? std::string_view(parts[1]).substr(0, parts[1].size() - 1) : parts[1]);
    if (!first || *first < 1) refuse(text);
    rule.first = *first;
  }
  auto const fault = action(parts[2]);
  if (!fault) refuse(text);
  rule.fault = *fault;
  return rule;
}

int environment_rank() {
  for (auto const* name : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"}) {
    if (char const* value = std::getenv(name)) return number(value).value_or(-1);
  }
  return -1;
}

class Scenario {
 public:
  std::optional<Fault> count(std::string_view function, int rank) {
    std::lock_guard const lock(mutex_);
    read();
    int const call = ++calls_[std::string(function)];
    for (auto const& rule : rules_) {
      bool const now = rule.later ? call >= rule.first : call == rule.first;
      if (now && rule.function == function && (rule.rank < 0 || rule.rank == rank)) return rule.fault;
    }
    return std::nullopt;
  }

 private:
  void read() {
    char const* const value = std::getenv("MUSTER_STANDIN_FAIL");
    std::string const text = value ? value : "";
    if (text == text_) return;
    text_ = text;
    rules_.clear();
    calls_.clear();
    if (text.empty()) return;
    for (auto const& part : split(text, ',')) rules_.push_back(parse(part));
  }

  std::mutex mutex_;
  std::string text_;
  std::vector<Rule> rules_;
  std::map<std::string, int, std::less<>> calls_;
};

Scenario& scenario() {
  static auto* const the_one = new Scenario;  // used by threads that outlive static objects
  return *the_one;
}

}  // namespace

std::optional<Fault> fault(std::string_view function, int rank) {
  return scenario().count(function, rank >= 0 ? rank : environment_rank());
}

std::optional<int> injected(std::string_view function, int rank) {
  auto const found = fault(function, rank);
  if (!found) return std::nullopt;
  if (found->kind == Fault::Kind::hang) hang();
  if (found->kind == Fault::Kind::delay) delay(found->value);
  return found->kind == Fault::Kind::status ? std::optional(found->value) : std::nullopt;
}

void hang() {
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

void delay(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

}  // namespace muster::standin
