#include "harness/group/tcp/meeting.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "harness/core/error.hpp"

namespace muster::tcp {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t reception = 0;  // the group in which ranks come to rank 0
constexpr std::size_t longest_introduction = 16 << 10;
constexpr std::size_t most_members_text = 256 << 20;
constexpr std::size_t longest_invitation = 16 << 10;
constexpr auto first_pause = std::chrono::milliseconds(10), last_pause = std::chrono::milliseconds(500);

[[noreturn]] void fail(std::string const& text) { throw Error(ExitCode::infrastructure, text); }

std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(std::vector<std::byte> const& bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

Clock::time_point in(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/// One connection a rank while they meet, and others beside: as many as this process may have.
void allow_files(int wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  auto const need = static_cast<rlim_t>(wanted) + 256;
  if (limit.rlim_cur >= need) return;
  limit.rlim_cur = std::min(need, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < need)
    fail(
        fmt::format("{} ranks cannot meet (rank 0 may have {} files open) raise the hard limit: ulimit -n {}",
                    wanted, limit.rlim_cur, need));
}

void write_whole(int file, std::string_view text, std::string const& name) {
  while (!text.empty()) {
    auto const done = write(file, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) fail(fmt::format("{} cannot be written ({})", name, std::strerror(errno)));
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

/// Readable by this user only, and under its name only when it is whole.
class Posted {
 public:
  Posted(fs::path path, std::string const& text) : path_(std::move(path)) {
    auto const draft = path_.string() + ".part";
    int const file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
      fail(fmt::format("{} cannot be made ({}) is the run folder writable?", draft, std::strerror(errno)));
    Socket const owner(file);
    write_whole(file, text, draft);
    if (fsync(file) != 0 || rename(draft.c_str(), path_.c_str()) != 0)
      fail(fmt::format("{} cannot be written ({})", path_.string(), std::strerror(errno)));
  }
  ~Posted() {
    std::error_code gone;  // somebody may have tidied up
    fs::remove(path_, gone);
  }
  Posted(Posted const&) = delete;
  Posted& operator=(Posted const&) = delete;

 private:
  fs::path path_;
};

/// Network filesystems remember for a while that a file is not there; listing its folder makes them look.
bool is_listed(fs::path const& path) {
  std::error_code unreadable;  // then it is asked for again
  auto const folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  return std::ranges::any_of(fs::directory_iterator(folder, unreadable),
                             [&](auto const& entry) { return entry.path().filename() == path.filename(); });
}

Invitation read_invitation(fs::path const& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(longest_invitation + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto const invitation = text.size() > longest_invitation ? std::nullopt : invitation_from(text);
  if (!invitation) fail(path.string() + " is no invitation of rank 0's (it was changed, or cannot be read)");
  return *invitation;
}

Invitation await_invitation(MeetingSettings const& settings, Clock::time_point until) {
  for (auto pause = first_pause; !is_listed(settings.invitation);
       pause = std::min(pause * 3 / 2, last_pause)) {
    if (Clock::now() > until)
      fail(fmt::format(
          "rank 0 left no {} in {:g} s (it has not started, or this is not its run folder) share the "
          "folder between all nodes",
          settings.invitation.string(), settings.seconds));
    std::this_thread::sleep_for(pause);
  }
  return read_invitation(settings.invitation);
}

/// "3, 5, 6 and 17 others"
std::string some(std::vector<int> const& ranks) {
  constexpr std::size_t most = 10;
  auto const shown = std::min(ranks.size(), most);
  auto text =
      fmt::format("{}", fmt::join(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (ranks.size() > most) text += fmt::format(" and {} others", ranks.size() - most);
  return text;
}

/// Everything that does not fit together, one fault a line.
std::string faults_among(std::vector<Member> const& members) {
  std::string text;
  auto const& first = members.front();
  for (std::size_t rank = 1; rank < members.size(); ++rank) {
    auto const& other = members[rank];
    if (other.build != first.build)
      text += fmt::format(
          "{}rank {} on {} is muster {}, rank 0 on {} is {} (an old copy?) install one on all nodes",
          text.empty() ? "" : "\n", rank, other.node, other.build, first.node, first.build);
    if (other.size != first.size)
      text += fmt::format("{}rank {} on {} takes itself for one of {}, rank 0 for one of {} (two launchers?)",
                          text.empty() ? "" : "\n", rank, other.node, other.size, first.size);
    if (text.size() > 1000) return text + "\nand more";
  }
  return text;
}

/// Each with its length before it.
std::string to_text(std::vector<Member> const& members) {
  std::string text;
  for (auto const& member : members) {
    auto const one = to_text(member);
    text += fmt::format("{}\n{}", one.size(), one);
  }
  return text;
}

std::vector<Member> members_from(std::string const& text, int size) {
  std::vector<Member> members;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t digits = 0;
    auto const length = std::stoul(text.substr(at, 20), &digits);
    auto const member =
        member_from(std::string_view(text).substr(std::min(text.size(), at + digits + 1), length));
    if (!member) break;
    members.push_back(*member);
    at += digits + 1 + length;
  }
  if (static_cast<int>(members.size()) != size) fail("rank 0's list of the ranks did not arrive whole");
  return members;
}

}  // namespace

Meeting::Meeting(MeetingSettings const& settings)
    : rank_(settings.rank), seconds_(settings.seconds), wires_(settings.rank, settings.self.node) {
  if (rank_ == 0) {
    host(settings);
  } else {
    attend(settings);
  }
}

Clock::time_point Meeting::patience() const { return in(seconds_); }

Look Meeting::look() {
  return [this] { wires_.look(); };
}

void Meeting::host(MeetingSettings const& settings) {
  auto const until = patience();
  allow_files(settings.self.size);
  token_ = new_token();
  door_.emplace(settings.addresses, token_, settings.self.size);
  members_.assign(static_cast<std::size_t>(settings.self.size), {});
  members_[0] = settings.self;
  members_[0].endpoints = door_->endpoints();
  Posted const invitation(settings.invitation, to_text(Invitation{token_, door_->endpoints()}));
  Guests guests;
  while (static_cast<int>(guests.size()) < size() - 1) {
    auto caller = door_->await_any(reception, until);
    if (!caller) break;
    receive_guest(guests, caller->first.rank, std::move(caller->second));
  }
  require_all(guests);
  if (auto const faults = faults_among(members_); !faults.empty()) wires_.fail(faults);
  auto const all = to_text(members_);
  for (auto const& [rank, wire] : guests) wires_.send(*wire, Frame::broadcast, bytes_of(all));
  for (auto const& [rank, wire] : guests) wires_.remove(*wire);
}

void Meeting::receive_guest(Guests& guests, int rank, Socket socket) {
  auto& wire = wires_.add(rank, "a node that is not known yet", std::move(socket));
  auto const member = member_from(text_of(wires_.receive(wire, Frame::gather, longest_introduction)));
  if (!member || rank < 1 || rank >= size())
    wires_.fail(fmt::format("somebody came as rank {} of {}", rank, size()));
  wire.node = member->node;
  if (auto const [taken, fresh] = guests.emplace(rank, &wire); !fresh)
    wires_.fail(fmt::format("rank {} came twice, from {} and {} (two sets of workers were started as one)",
                            rank, taken->second->node, wire.node));
  members_[static_cast<std::size_t>(rank)] = *member;
}

void Meeting::require_all(Guests const& guests) {
  std::vector<int> missing;
  for (int rank = 1; rank < size(); ++rank) {
    if (!guests.contains(rank)) missing.push_back(rank);
  }
  if (missing.empty()) return;
  wires_.fail(
      fmt::format("{} {} did not come in {:g} s ({} of {} ranks are here) look at the launcher's words, and "
                  "whether nodes reach {} (MUSTER_SOCKET_IFNAME names the interface)",
                  missing.size() == 1 ? "rank" : "ranks", some(missing), seconds_, guests.size() + 1, size(),
                  door_->endpoints().front().address));
}

void Meeting::attend(MeetingSettings const& settings) {
  auto const until = patience();
  auto const invitation = await_invitation(settings, until);
  token_ = invitation.token;
  door_.emplace(settings.addresses, token_, settings.self.size);
  auto self = settings.self;
  self.endpoints = door_->endpoints();
  auto& wire =
      wires_.add(0, "the first node",
                 call_door(invitation.endpoints, token_, {reception, rank_}, until, "rank 0", look()));
  wires_.send(wire, Frame::gather, bytes_of(to_text(self)));
  members_ = members_from(text_of(wires_.receive(wire, Frame::broadcast, most_members_text)), self.size);
  wires_.remove(wire);
}

Wire& Meeting::connected(int rank, Socket socket) {
  return wires_.add(rank, member(rank).node, std::move(socket));
}

Wire& Meeting::call(int rank, std::uint64_t group) {
  auto const who = fmt::format("rank {} on {}", rank, member(rank).node);
  return connected(rank, call_door(member(rank).endpoints, token_, {group, rank_}, patience(), who, look()));
}

Wire& Meeting::await(int rank, std::uint64_t group) {
  auto socket = door_->await({group, rank}, patience(), look());
  if (!socket)
    fail(fmt::format("rank {} on {} did not connect in {:g} s (it hangs, or its node does not reach {})",
                     rank, member(rank).node, seconds_, door_->endpoints().front().address));
  return connected(rank, std::move(*socket));
}

}  // namespace muster::tcp
