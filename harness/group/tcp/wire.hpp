// Frames between connected ranks, and what happens when one of them ends: everybody hears who it was.
#pragma once
#include <poll.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/group/tcp/socket.hpp"

namespace muster::tcp {

/// What a frame belongs to. Ranks that call different operations are told so instead of waiting for each
/// other.
enum class Frame : std::uint32_t { barrier = 1, max, broadcast, gather, gather_node, split, leave, fault };
std::string_view name(Frame frame);

/// A connection to one rank. Belongs to a group; Wires knows all of them.
struct Wire {
  Wire(int of_rank, std::string on_node, Socket connection)
      : rank(of_rank), node(std::move(on_node)), socket(std::move(connection)) {}
  int rank;  ///< of the world
  std::string node;
  Socket socket;
  std::vector<std::byte> inbox{};  ///< read, not taken yet
  std::size_t taken = 0;           ///< of the inbox: whole frames
  bool left = false;               ///< in good order: nothing more will come
  bool torn = false;               ///< a frame is half sent: another one would not be understood
};

/// All connections of this process. While one is waited for, all are watched: the end of any rank that has
/// not left in good order ends every wait, and is passed on.
class Wires {
 public:
  Wires(int rank, std::string node) : rank_(rank), node_(std::move(node)) {}

  Wire& add(int rank, std::string const& node, Socket socket);
  /// Says goodbye, and closes it.
  void remove(Wire& wire) noexcept;

  /// All three throw Error(infrastructure), which names the rank that ended or went astray; from then on
  /// every call throws the same.
  void send(Wire& wire, Frame frame, std::span<std::byte const> data);
  /// Of that kind, and no longer than `most` bytes.
  std::vector<std::byte> receive(Wire& wire, Frame frame, std::size_t most);
  void look();  ///< whether any rank has ended

  /// Tells everybody why nobody can go on, and throws it.
  [[noreturn]] void fail(std::string const& why);
  /// Tells everybody that this rank ends, unless another's end is why.
  void give_up() noexcept;

 private:
  struct Head {
    std::uint32_t mark = 0;
    Frame frame{};
    std::uint64_t size = 0;
  };

  static std::optional<Head> head_at(Wire const& wire, std::size_t at);
  void require_fit(Wire const& wire, Head const& head, Frame frame, std::size_t most);
  void read_more(Wire& wire, Frame during);
  void wait(Wire* wire, short events, int milliseconds);
  void hung_up(Wire& wire);
  void hear(Wire const& wire, std::size_t at, Head const& head, bool all_is_here);
  void tell_all(std::string const& why) noexcept;
  void tell(Wire& wire, Frame frame, std::string_view text) noexcept;

  int rank_;
  std::string node_;
  std::vector<std::unique_ptr<Wire>> wires_{};
  std::vector<pollfd> polled_{};
  std::vector<Wire*> polled_wires_{};
  std::string fault_{};
};

}  // namespace muster::tcp
