#include "harness/group/tcp/tree.hpp"

#include <map>

namespace muster::tcp {

Tree::Tree(std::vector<int> const& node_of, int own, int fan) : own_(own), fan_(fan) {
  std::map<int, int> numbers;
  for (int place = 0; place < static_cast<int>(node_of.size()); ++place) {
    int const number =
        numbers.try_emplace(node_of[at(place)], static_cast<int>(numbers.size())).first->second;
    if (number == nodes()) members_.emplace_back();
    node_.push_back(number);
    rank_.push_back(static_cast<int>(members_[at(number)].size()));
    members_[at(number)].push_back(place);
  }
  auto const each_child = [this](int of, int end, auto const& take) {
    for (int child = of * fan_ + 1; child <= of * fan_ + fan_ && child < end; ++child) take(child);
  };
  if (node_rank() == 0)
    each_child(node(), nodes(), [&](int other) { all_.push_back(members_[at(other)].front()); });
  each_child(node_rank(), node_size(), [&](int other) { near_.push_back(members_[at(node())][at(other)]); });
  all_.insert(all_.end(), near_.begin(), near_.end());
}

std::optional<int> Tree::parent(int place) const {
  if (int const here = node_rank(place); here > 0) return members_[at(node(place))][at((here - 1) / fan_)];
  if (int const node_number = node(place); node_number > 0)
    return members_[at((node_number - 1) / fan_)].front();
  return std::nullopt;
}

std::optional<int> Tree::node_parent() const { return node_rank() > 0 ? parent() : std::nullopt; }

int Tree::toward(int place) const {
  for (auto step = place;;) {
    auto const above = parent(step);
    if (!above) return *parent();  // not below this one
    if (*above == own_) return step;
    step = *above;
  }
}

}  // namespace muster::tcp
