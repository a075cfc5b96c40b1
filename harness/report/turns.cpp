#include "harness/report/turns.hpp"

#include <fmt/format.h>

#include <utility>

#include "harness/core/say.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

constexpr double redraw_seconds = 0.5, plain_seconds = 30;
constexpr std::size_t widest = 100;  // of a line that is drawn: one that wraps cannot be drawn over

}  // namespace

TurnProgress::TurnProgress(std::FILE* out, bool terminal, std::function<double()> seconds)
    : out_(out), terminal_(terminal), seconds_(std::move(seconds)) {}

TurnProgress::~TurnProgress() { clear(); }

void TurnProgress::begin(std::string what) {
  what_ = std::move(what);
  last_ = seconds_();
}

void TurnProgress::on(std::string const& text) {
  double const now = seconds_();
  if (now - last_ < (terminal_ ? redraw_seconds : plain_seconds)) return;
  last_ = now;
  auto const line = printable(fmt::format("{}: {}", what_, text));
  say(terminal_ ? "\r\033[K" + line.substr(0, widest) : line + "\n", out_);
  drawn_ = terminal_;
}

void TurnProgress::end(std::string const& outcome) {
  clear();
  say(printable(fmt::format("{}: {}", what_, outcome)) + "\n", out_);
}

void TurnProgress::clear() {
  if (drawn_) say("\r\033[K", out_);
  drawn_ = false;
}

}  // namespace muster
