#include "tests/unit/tcp_ranks.hpp"

#include <chrono>

#include "tests/forked.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster::tests {
namespace {

World joined(RankSettings const& settings, int rank, std::filesystem::path const& folder) {
  auto const [seat, size] = settings.seat ? settings.seat(rank) : std::pair(rank, settings.ranks);
  auto const seat_text = std::to_string(seat), size_text = std::to_string(size);
  return join_sockets({.invitation = folder / "meet",
                       .node = settings.node(rank),
                       .interfaces = "lo",
                       .seconds = settings.seconds,
                       .fan = settings.fan,
                       .variables = [&](std::string_view name) -> char const* {
                         if (name == "PMI_RANK") return seat_text.c_str();
                         return name == "PMI_SIZE" ? size_text.c_str() : nullptr;
                       }});
}

}  // namespace

std::vector<std::string> run_tcp_ranks(RankSettings const& settings,
                                       std::function<std::string(World&)> const& body) {
  TemporaryFolder const folder;
  std::vector<Forked> children;
  for (int rank = 0; rank < settings.ranks; ++rank) {
    children.emplace_back([&] {
      auto world = joined(settings, rank, folder.path());
      return body(world);
    });
  }
  auto const deadline = Forked::Clock::now() + std::chrono::seconds(60);
  std::vector<std::string> results;
  for (auto const& child : children) results.push_back(child.told(deadline));
  return results;
}

}  // namespace muster::tests
