#include "harness/report/task_progress.hpp"

#include <fmt/format.h>

#include <utility>

#include "harness/core/say.hpp"
#include "harness/report/bar.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

constexpr double redraw_seconds = 0.1, plain_seconds = 2;

}  // namespace

TaskProgress::TaskProgress(std::string what, std::FILE* out, bool terminal, std::function<double()> seconds)
    : what_(std::move(what)),
      out_(out),
      terminal_(terminal),
      seconds_(std::move(seconds)),
      start_(seconds_()) {}

TaskProgress::~TaskProgress() {
  if (drawn_) say("\r\033[K", out_);
}

void TaskProgress::on(double fraction, std::string const& text) {
  double const now = seconds_();
  if (terminal_ && now - last_ >= redraw_seconds) return draw(fraction, text, now);
  int const tenth = static_cast<int>(fraction * 10);
  if (terminal_ || tenth <= tenth_ || now - start_ < plain_seconds) return;
  tenth_ = tenth;
  say(fmt::format("{}: {} % ({})\n", what_, static_cast<int>(fraction * 100), text), out_);
}

void TaskProgress::draw(double fraction, std::string const& text, double now) {
  std::string const left = fraction > 0.02 ? clock_text((now - start_) * (1 - fraction) / fraction) : "-:--";
  say("\r\033[K" + printable(fmt::format("[{}] {}: {}  ETA {}", bar(fraction), what_, text, left)), out_);
  last_ = now;
  drawn_ = true;
}

}  // namespace muster
