#include "harness/project/simulate/network.hpp"

#include <set>
#include <simgrid/s4u.hpp>
#include <string>
#include <unordered_map>
#include <utility>

namespace muster::project {
namespace {

namespace grid = simgrid::s4u;

struct Message {
  grid::CommPtr keeps_alive;
  std::function<void()> arrived;
};

grid::LinkInRoute::Direction direction(bool up) {
  return up ? grid::LinkInRoute::Direction::UP : grid::LinkInRoute::Direction::DOWN;
}

/// Before anything is built: models are chosen then.
void configure() {
  grid::Engine::set_config("network/model:CM02");
  grid::Engine::set_config("network/crosstraffic:0");
  grid::Engine::set_config("network/TCP-gamma:0");
  grid::Engine::set_config("contexts/stack-size:64");
}

}  // namespace

struct Network::Parts {
  grid::Engine engine{"muster-simulate"};
  grid::NetZone* zone = nullptr;
  std::vector<grid::Host*> hosts;
  std::vector<grid::SplitDuplexLink*> links;
  std::set<std::pair<int, int>> routes;
  std::unordered_map<grid::Activity const*, Message> moving;

  void finish(grid::Activity const& activity);
};

void Network::Parts::finish(grid::Activity const& activity) {
  auto const found = moving.find(&activity);
  if (found == moving.end()) return;
  auto const message = std::move(found->second);
  moving.erase(found);
  message.arrived();
}

Network::Network() : parts_(std::make_unique<Parts>()) {
  configure();
  parts_->zone = grid::create_full_zone("network");
  grid::Activity::on_completion_cb([this](auto const& activity) { parts_->finish(activity); });
}

Network::~Network() = default;

int Network::add_host() {
  auto const number = static_cast<int>(parts_->hosts.size());
  parts_->hosts.push_back(parts_->zone->create_host("host" + std::to_string(number), 1.0));
  return number;
}

int Network::add_link(double bandwidth, double latency) {
  auto const number = static_cast<int>(parts_->links.size());
  auto* const link = parts_->zone->create_split_duplex_link("link" + std::to_string(number), bandwidth);
  link->set_latency(latency);
  parts_->links.push_back(link);
  return number;
}

void Network::add_route(int from, int to, std::vector<Hop> const& hops) {
  if (!parts_->routes.emplace(from, to).second) return;
  std::vector<grid::LinkInRoute> route;
  for (auto const& hop : hops) {
    route.emplace_back(parts_->links[static_cast<std::size_t>(hop.link)], direction(hop.up));
  }
  auto const point = [&](int host) { return parts_->hosts[static_cast<std::size_t>(host)]->get_netpoint(); };
  parts_->zone->add_route(point(from), point(to), nullptr, nullptr, route, false);
}

void Network::send(int from, int to, std::uint64_t bytes, std::function<void()> arrived) {
  auto const host = [&](int number) { return parts_->hosts[static_cast<std::size_t>(number)]; };
  auto message = grid::Comm::sendto_init(host(from), host(to));
  message->set_payload_size(bytes);
  parts_->moving.emplace(message.get(), Message{message, std::move(arrived)});
  message->vetoable_start();
}

double Network::run() {
  parts_->engine.run();
  return grid::Engine::get_clock();
}

}  // namespace muster::project
