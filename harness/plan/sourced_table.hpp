// One table of a cluster's parts, [gpu] or [fabric], read key by key: every number with who says so.
#pragma once
#include <toml++/toml.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/cluster_parts.hpp"
#include "harness/plan/quantity.hpp"
#include "harness/plan/table_reader.hpp"

namespace muster {

/// Where a key stands, and who says what it says.
struct KeyPlace {
  long line = 0;
  std::string file{};  ///< "" in the file that is read, else another one's name
  std::string source{};
  bool usable = false;  ///< not, where a fault was found in it
};

/// The parts of a description while they are read.
struct PartsDraft {
  Scenario scenario{};
  std::map<std::string, KeyPlace> places{};  ///< "node.nics" -> where it was given last
};

/// What a number may be, both ends included, in base units.
struct Bounds {
  Dimension dimension;
  double least, most;
  std::string_view example;  ///< as one writes it: "200Gb/s"
};

/// A value, and who says so: `key = value` with the table's `source`, or `key = {value = ..., source = ...}`.
struct SourcedNode {
  toml::node const* value = nullptr;
  std::string source{};
};

/// The number of the node, written with its unit or in base units; absent, with a fault, where it is out of
/// bounds.
std::optional<double> number_in(SourcedNode const& node, std::string_view key, Bounds const& bounds,
                                TableReader const& table);

/// Changes what the draft has of the keys that are there; notes where they stand, and the changes in words.
class SourcedTable {
 public:
  /// `outer_source` is taken where neither the key nor the table has one.
  SourcedTable(toml::table const& table, std::string name, std::string outer_source, Faults& faults,
               PartsDraft& draft);

  void only(std::vector<std::string> keys) const;
  /// `target`: Stated, or an optional one.
  template <class Target>
  void number(std::string_view key, Bounds const& bounds, Target& target) const {
    if (auto const read = stated(key, bounds)) target = *read;
  }
  void whole(std::string_view key, int least, int most, int& target) const;
  void yes_or_no(std::string_view key, bool& target) const;
  void text(std::string_view key, std::string& target) const;
  void word(std::string_view key, std::vector<std::string> const& known, std::string& target) const;

 private:
  std::optional<Stated> stated(std::string_view key, Bounds const& bounds) const;
  std::optional<SourcedNode> given(std::string_view key) const;
  SourcedNode taken_apart(std::string_view key, toml::node const& node) const;
  void accept(std::string_view key, SourcedNode const& node) const;
  std::string full(std::string_view key) const;

  toml::table const& table_;
  std::string name_;
  TableReader reader_;
  std::string source_;
  Faults& faults_;
  PartsDraft& draft_;
};

}  // namespace muster
