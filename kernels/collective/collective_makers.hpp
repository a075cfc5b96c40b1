// One maker for every operation, in a backend's table.
#pragma once
#include <cstddef>
#include <string>
#include <utility>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/collective.hpp"

namespace muster {

/// `of.template operator()<operation>()` gives the maker of an operation:
/// `CollectiveMakers const makers{[]<Operation operation>() -> Maker { return &make<operation>; }};`
class CollectiveMakers {
 public:
  template <class MakerOf>
  explicit CollectiveMakers(MakerOf const& of) {
    add(of, std::make_index_sequence<operation_count>{});
  }

 private:
  template <class MakerOf, std::size_t... numbers>
  static void add(MakerOf const& of, std::index_sequence<numbers...>) {
    (add_one<static_cast<Operation>(numbers)>(of), ...);
  }
  template <Operation operation, class MakerOf>
  static void add_one(MakerOf const& of) {
    MakerTable::instance().add("collective/" + std::string(name(operation)),
                               of.template operator()<operation>());
  }
};

}  // namespace muster
