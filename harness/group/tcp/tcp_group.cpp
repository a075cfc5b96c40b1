// Groups over TCP connections, arranged as trees.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>

#include "harness/core/build_info.hpp"
#include "harness/core/error.hpp"
#include "harness/group/group.hpp"
#include "harness/group/tcp/meeting.hpp"
#include "harness/group/tcp/seat.hpp"
#include "harness/group/tcp/tree.hpp"
#include "kernels/contract/error.hpp"

namespace muster {
namespace {

using tcp::Frame;
using tcp::Meeting;
using tcp::Tree;
using tcp::Wire;

constexpr std::size_t most_gathered = std::size_t{1} << 30;
constexpr std::uint64_t world_number = 1;

/// FNV-1a: the groups of a split have numbers that all their ranks come to alike.
std::uint64_t number_of(std::uint64_t parent, std::uint64_t split, std::uint64_t color) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (auto const value : {parent, split, color}) {
    for (int byte = 0; byte < 8; ++byte) hash = (hash ^ ((value >> (8 * byte)) & 0xFF)) * 0x100000001b3;
  }
  return hash;
}

std::vector<int> nodes_of(Meeting const& meeting, std::vector<int> const& ranks) {
  std::map<std::string, int> numbers;
  std::vector<int> nodes;
  for (int const rank : ranks)
    nodes.push_back(
        numbers.try_emplace(meeting.member(rank).place, static_cast<int>(numbers.size())).first->second);
  return nodes;
}

/// Texts on their way to the top, each with the place that it comes from.
class Bag {
 public:
  void add(int place, std::string_view text) {
    Entry const entry{static_cast<std::uint64_t>(place), text.size()};
    append(std::as_bytes(std::span(&entry, 1)));
    append(std::as_bytes(std::span(text)));
  }
  void append(std::span<std::byte const> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  std::span<std::byte const> bytes() const { return bytes_; }

  /// By place; absent where it is not whole.
  std::optional<std::map<int, std::string>> open() const {
    std::map<int, std::string> texts;
    std::span<std::byte const> rest = bytes_;
    for (Entry entry; !rest.empty();) {
      if (rest.size() < sizeof entry) return std::nullopt;
      std::memcpy(&entry, rest.data(), sizeof entry);
      rest = rest.subspan(sizeof entry);
      if (rest.size() < entry.size) return std::nullopt;
      texts[static_cast<int>(entry.place)] = {reinterpret_cast<char const*>(rest.data()), entry.size};
      rest = rest.subspan(entry.size);
    }
    return texts;
  }

 private:
  struct Entry {
    std::uint64_t place = 0, size = 0;
  };
  std::vector<std::byte> bytes_{};
};

class TcpGroup final : public Group {
 public:
  TcpGroup(std::shared_ptr<Meeting> meeting, std::uint64_t number, std::vector<int> ranks, int fan)
      : meeting_(std::move(meeting)),
        number_(number),
        fan_(fan),
        ranks_(std::move(ranks)),
        tree_(nodes_of(*meeting_, ranks_),
              static_cast<int>(std::ranges::find(ranks_, meeting_->rank()) - ranks_.begin()), fan) {
    if (auto const parent = tree_.parent()) wires_[*parent] = &meeting_->call(rank_of(*parent), number_);
    for (int const child : tree_.children()) wires_[child] = &meeting_->await(rank_of(child), number_);
  }
  ~TcpGroup() override {
    // Parts come and go with cases, whose exceptions are records; the world's end by one is this rank's.
    if (number_ == world_number && std::uncaught_exceptions() > 0) meeting_->wires().give_up();
    for (auto const& [place, wire] : wires_) meeting_->wires().remove(*wire);
  }
  TcpGroup(TcpGroup const&) = delete;
  TcpGroup& operator=(TcpGroup const&) = delete;

  int rank() const override { return tree_.own(); }
  int size() const override { return tree_.size(); }
  int node_rank() const override { return tree_.node_rank(); }
  int node_size() const override { return tree_.node_size(); }
  int node() const override { return tree_.node(); }
  int nodes() const override { return tree_.nodes(); }

  void barrier() override {
    for (int const child : tree_.children()) (void)receive(child, Frame::barrier, 0);
    if (auto const parent = tree_.parent()) {
      send(*parent, Frame::barrier, {});
      (void)receive(*parent, Frame::barrier, 0);
    }
    for (int const child : tree_.children()) send(child, Frame::barrier, {});
  }

  void max(std::span<double> values) override {
    for (int const child : tree_.children()) {
      std::vector<double> theirs(values.size());
      receive_whole(child, Frame::max, std::as_writable_bytes(std::span(theirs)));
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::max(values[i], theirs[i]);
    }
    if (auto const parent = tree_.parent()) {
      send(*parent, Frame::max, std::as_bytes(values));
      receive_whole(*parent, Frame::max, std::as_writable_bytes(values));
    }
    for (int const child : tree_.children()) send(child, Frame::max, std::as_bytes(values));
  }

  void broadcast(std::span<std::byte> data, int root) override { spread(Frame::broadcast, data, root); }

  std::vector<std::string> gather(std::string_view text) override { return collect(Frame::gather, text); }

  std::vector<std::string> gather_node(std::string_view text) override {
    Bag bag;
    bag.add(node_rank(), text);
    for (int const child : tree_.node_children())
      bag.append(receive(child, Frame::gather_node, most_gathered));
    if (auto const parent = tree_.node_parent()) {
      send(*parent, Frame::gather_node, bag.bytes());
      return {};
    }
    return texts_of(bag, node_size());
  }

  std::unique_ptr<Group> split(int color) override {
    ++splits_;
    std::vector<int> colors(ranks_.size());
    auto const texts = collect(Frame::split, std::to_string(color));
    std::ranges::transform(texts, colors.begin(), [](std::string const& text) { return std::stoi(text); });
    spread(Frame::split, std::as_writable_bytes(std::span(colors)), 0);
    if (color < 0) return nullptr;
    std::vector<int> members;
    for (std::size_t place = 0; place < colors.size(); ++place) {
      if (colors[place] == color) members.push_back(ranks_[place]);
    }
    auto const number = number_of(number_, splits_, static_cast<std::uint64_t>(color));
    return std::make_unique<TcpGroup>(meeting_, number, std::move(members), fan_);
  }

  void run(CollectiveCall const& call) override { refuse(call); }
  std::unique_ptr<ReadyCall> ready(CollectiveCall const& call) override { refuse(call); }

 private:
  [[noreturn]] static void refuse(CollectiveCall const& call) {
    throw Unsupported(
        fmt::format("{} on the host needs MPI (this run's ranks meet over sockets, which carry no data) "
                    "start it by mpirun, or by srun with an MPI, for the host's collectives",
                    name(call.operation)));
  }

  int rank_of(int place) const { return ranks_[static_cast<std::size_t>(place)]; }
  tcp::Wires& wires() { return meeting_->wires(); }
  void send(int place, Frame frame, std::span<std::byte const> data) {
    wires().send(*wires_.at(place), frame, data);
  }
  std::vector<std::byte> receive(int place, Frame frame, std::size_t most) {
    return wires().receive(*wires_.at(place), frame, most);
  }
  void receive_whole(int place, Frame frame, std::span<std::byte> into) {
    auto const data = receive(place, frame, into.size());
    if (data.size() != into.size())
      throw Error(ExitCode::infrastructure,
                  fmt::format("rank {} sent {} bytes in {} where rank {} wants {}", rank_of(place),
                              data.size(), tcp::name(frame), meeting_->rank(), into.size()));
    std::ranges::copy(data, into.begin());
  }

  /// From the root to everybody, by way of the neighbour on whose side it is.
  void spread(Frame frame, std::span<std::byte> data, int root) {
    auto const source = root == rank() ? -1 : tree_.toward(root);
    if (source >= 0) receive_whole(source, frame, data);
    for (auto const& [place, wire] : wires_) {
      if (place != source) send(place, frame, data);
    }
  }

  std::vector<std::string> collect(Frame frame, std::string_view text) {
    Bag bag;
    bag.add(rank(), text);
    for (int const child : tree_.children()) bag.append(receive(child, frame, most_gathered));
    if (auto const parent = tree_.parent()) {
      send(*parent, frame, bag.bytes());
      return {};
    }
    return texts_of(bag, size());
  }

  static std::vector<std::string> texts_of(Bag const& bag, int count) {
    auto opened = bag.open();
    if (!opened || static_cast<int>(opened->size()) != count)
      throw Error(ExitCode::infrastructure, "what the ranks said did not arrive whole (muster is at fault)");
    std::vector<std::string> texts;
    for (auto& [place, text] : *opened) texts.push_back(std::move(text));
    return texts;
  }

  std::shared_ptr<Meeting> meeting_;
  std::uint64_t number_, splits_ = 0;
  int fan_;
  std::vector<int> ranks_;  ///< of the world, by place
  Tree tree_;
  std::map<int, Wire*> wires_{};  ///< by place
};

/// The same in all processes under one kernel, whatever containers call themselves; "" where it is hidden.
std::string boot_id() {
  std::string text;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
  return text;
}

}  // namespace

World join_sockets(SocketSettings const& settings) {
  tcp::MeetingSettings meeting{.invitation = settings.invitation};
  auto const seat = tcp::seat_by_launcher(settings.ranks, settings.variables);
  meeting.rank = seat.rank;
  meeting.seconds = settings.seconds;
  meeting.self = {settings.node, settings.node + " " + boot_id(), build_info().id, seat.size};
  meeting.addresses = tcp::own_addresses(settings.interfaces);
  auto const all = std::make_shared<Meeting>(meeting);
  std::vector<int> ranks(static_cast<std::size_t>(seat.size));
  std::iota(ranks.begin(), ranks.end(), 0);
  auto const end = [all](int exit_code) {
    all->wires().give_up();
    _exit(exit_code);
  };
  auto group = std::make_unique<TcpGroup>(all, world_number, std::move(ranks), settings.fan);
  group->barrier();  // from here on all are connected, and whatever happens to one is known to all
  return {std::move(group), "", end};
}

}  // namespace muster
