#include "kernels/collective/ras.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/collective/bounded.hpp"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

// --- asking

class Socket {
 public:
  explicit Socket(int file) : file_(file) {}
  Socket(Socket&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (file_ >= 0) close(file_);
  }
  int get() const { return file_; }
  /// False: not before `end`.
  bool ready(short events, Clock::time_point end) const {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd entry{file_, events, 0};
    return left > 0 && poll(&entry, 1, static_cast<int>(left)) > 0;
  }

 private:
  int file_;
};

bool connected(Socket const& socket, addrinfo const& address, Clock::time_point end) {
  if (connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS || !socket.ready(POLLOUT, end)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

Socket dial(std::string const& address, Clock::time_point end) {
  auto const colon = address.rfind(':');
  if (colon == std::string::npos) return Socket(-1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  auto const host = address.substr(0, colon), port = address.substr(colon + 1);
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return Socket(-1);
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> const list(found, freeaddrinfo);
  for (auto const* entry = found; entry; entry = entry->ai_next) {
    Socket candidate(socket(entry->ai_family, entry->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (candidate.get() >= 0 && connected(candidate, *entry, end)) return candidate;
  }
  return Socket(-1);
}

/// Until the other side has said all, `end`, or more than any job's answer.
std::string read_all(Socket const& socket, Clock::time_point end) {
  std::string text;
  char buffer[4096];
  while (text.size() < 16U << 20 && socket.ready(POLLIN, end)) {
    auto const got = recv(socket.get(), buffer, sizeof buffer, 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

// --- reading JSON. NCCL 2.28.9 leaves out a comma in each missing rank (src/ras/client_support.cc,
// jsonWriteMissingRank), so a strict reader fails just when there is something to say.

std::string_view value_after(std::string_view text, std::string_view key) {
  auto const quoted = fmt::format("\"{}\":", key);
  auto const found = text.find(quoted);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + quoted.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with('"')) return text.substr(1, text.find('"', 1) - 1);
  return text.substr(0, text.find_first_of(",} \t\r\n"));
}

long number(std::string_view text) {
  long value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The pieces of `text` that begin with `mark`.
std::vector<std::string_view> pieces(std::string_view text, std::string_view mark) {
  std::vector<std::string_view> list;
  for (auto at = text.find(mark); at != std::string_view::npos;) {
    auto const next = text.find(mark, at + mark.size());
    list.push_back(text.substr(at, next == std::string_view::npos ? next : next - at));
    at = next;
  }
  return list;
}

constexpr std::size_t most_named = 8;

/// "a; b; c and 4 more".
std::string listed(std::vector<std::string> const& facts) {
  auto const named = std::min(facts.size(), most_named);
  auto text =
      fmt::format("{}", fmt::join(facts.begin(), facts.begin() + static_cast<std::ptrdiff_t>(named), "; "));
  if (facts.size() > named) text += fmt::format(" and {} more", facts.size() - named);
  return text;
}

std::string place(std::string_view rank) {
  return fmt::format("rank {} (process {} on {})", value_after(rank, "rank"), value_after(rank, "pid"),
                     value_after(rank, "host"));
}

void add_missing(std::string_view list, std::vector<std::string>& facts) {
  for (auto const rank : pieces(list, "\"rank\":")) {
    bool const dead = value_after(rank, "considered_dead") == "true";
    bool const silent = value_after(rank, "unresponsive") == "true";
    facts.push_back(place(rank) + (dead ? " is dead" : silent ? " does not answer" : " is missing"));
  }
}

void add_faults(std::vector<std::string_view> const& ranks, std::vector<std::string>& facts) {
  constexpr long in_progress = 7;
  for (auto const rank : ranks) {
    auto const error = number(value_after(rank, "async_error"));
    if (error != 0 && error != in_progress)
      facts.push_back(fmt::format("{} reports error {}", place(rank), error));
    if (value_after(rank, "abort_flag") == "true") facts.push_back(place(rank) + " has aborted");
  }
}

void add_laggards(std::vector<std::string_view> const& ranks, std::vector<std::string>& facts) {
  for (auto const* function : {"AllReduce", "AllGather", "ReduceScatter", "Broadcast", "Reduce"}) {
    long most = 0;
    for (auto const rank : ranks) most = std::max(most, number(value_after(rank, function)));
    for (auto const rank : ranks) {
      auto const done = number(value_after(rank, function));
      if (done < most)
        facts.push_back(fmt::format("{} has begun {} of {} {}", place(rank), done, most, function));
    }
  }
}

std::string summary_of_json(std::string_view answer) {
  std::vector<std::string> facts;
  for (auto const communicator : pieces(answer, "\"hash\":")) {
    auto const missing = std::min(communicator.find("\"missing_ranks\":"), communicator.size());
    auto const ranks = pieces(communicator.substr(0, missing), "\"rank\":");
    add_missing(communicator.substr(missing), facts);
    add_faults(ranks, facts);
    add_laggards(ranks, facts);
  }
  return listed(facts);
}

// --- reading text: the lines under its headings

std::string_view trimmed(std::string_view line) {
  auto const begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

std::string summary_of_text(std::string_view answer) {
  std::vector<std::string> facts;
  bool within = false;
  while (!answer.empty()) {
    auto const end = answer.find('\n');
    auto const line = answer.substr(0, end);
    answer.remove_prefix(end == std::string_view::npos ? answer.size() : end + 1);
    if (line.starts_with(' ') && within) {
      facts.emplace_back(trimmed(line));
    } else {
      within = line.find("INCOMPLETE") != std::string_view::npos ||
               line.find("DEAD") != std::string_view::npos || line.ends_with(" ERROR") ||
               line.ends_with(" MISMATCH");
    }
  }
  return listed(facts);
}

}  // namespace

std::string ras_address() {
  char const* const address = std::getenv("NCCL_RAS_ADDR");
  return address ? address : "localhost:28028";
}

std::string ask_ras(std::string const& address, std::chrono::milliseconds limit) {
  auto const end = Clock::now() + limit;
  auto const socket = dial(address, end);
  if (socket.get() < 0) return {};
  // A second for the service to wait for others. One that knows no formats says so, and answers in text.
  constexpr std::string_view question = "TIMEOUT 1\nSET FORMAT json\nVERBOSE STATUS\n";
  auto const sent = send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(question.size())) return {};
  return read_all(socket, end);
}

std::string ras_summary(std::string_view answer) {
  bool const json = answer.find("\"communicators\":") != std::string_view::npos;
  return json ? summary_of_json(answer) : summary_of_text(answer);
}

std::string ras_remark() {
  constexpr std::chrono::milliseconds limit(2000);
  auto const answer = std::make_shared<std::string>();
  // Bounded once more: looking up a host's name has no limit of its own.
  bool const returned = returns_within(
      limit + limit / 4, [answer, limit, address = ras_address()] { *answer = ask_ras(address, limit); });
  auto const summary = returned ? ras_summary(*answer) : "";
  return summary.empty() ? "" : "; NCCL's RAS: " + summary;
}

}  // namespace muster
