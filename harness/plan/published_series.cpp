#include "harness/plan/published_series.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "harness/plan/sourced_table.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/plan/table_reader.hpp"

namespace muster {
namespace {

constexpr int most_accumulation = 100'000;
constexpr Bounds step_time{Dimension::seconds, 1e-7, 1e6, "186.2ms"};
constexpr Bounds any_rate{Dimension::number, 1e-9, 1e30, "2406"};
constexpr Bounds batch{Dimension::number, 1e-3, 1e9, "56"};
constexpr Bounds share{Dimension::number, 0, 1, "0.01"};
constexpr Bounds size{Dimension::bytes, 1, 1e15, "672MB"};
constexpr Bounds bandwidth{Dimension::byte_rate, 1e6, 1e14, "192GB/s"};

template <class Word, std::size_t count>
Word one_of(TableReader const& table, std::string_view key,
            std::array<std::pair<char const*, Word>, count> const& known, Faults& faults) {
  auto const [text, line] = table.text(key);
  std::vector<std::string> names;
  for (auto const& [name, word] : known) {
    if (text == name) return word;
    names.emplace_back(name);
  }
  if (!text.empty())
    faults.add(line, fmt::format("{} = '{}' is not possible ({})", key, text, suggestion(text, names)));
  return known.front().second;
}

/// Reads the points of one series.
class PointReader {
 public:
  PointReader(toml::table const& source, PublishedSeries const& series, Faults& faults)
      : source_(source), table_(source, "a point", faults), series_(series), faults_(faults) {}

  PublishedPoint read() {
    table_.only({"nodes", "gpus", "local", "accumulation", "step", "rate", "rate_per_gpu", "seconds",
                 "bus_bandwidth", "bytes", "algorithm", "spread", "software", "differs"},
                "remove or correct it");
    point_.line = line_of(source_);
    point_.software = table_.text("software").value;
    point_.differs = table_.text("differs").value;
    point_.spread = number("spread", share).value_or(0);
    read_size();
    series_.kind == PublishedKind::sum ? read_sum() : read_step();
    return point_;
  }

 private:
  std::optional<double> number(std::string_view key, Bounds const& bounds) const {
    auto const* node = table_.get(key);
    return node == nullptr ? std::nullopt : number_in({node, ""}, key, bounds, table_);
  }

  void fault(std::string text) const { faults_.add(point_.line, std::move(text)); }

  /// Nodes, or GPUs where they are fewer than a node has.
  void read_size() {
    int const of_node = series_.system.gpus;
    if ((table_.get("nodes") != nullptr) == (table_.get("gpus") != nullptr))
      return fault(
          "a point has no size, or two (how large was the system?) add nodes = NUMBER, or gpus = NUMBER");
    point_.nodes = table_.positive("nodes", 1, most_cluster_nodes);
    point_.gpus = table_.positive("gpus", point_.nodes * of_node, most_cluster_nodes * 64);
    if (point_.gpus > of_node) point_.nodes = point_.gpus / of_node;
    if (point_.nodes * std::min(of_node, point_.gpus) != point_.gpus)
      fault(fmt::format("{} GPUs are no whole number of nodes (a node has {}) correct gpus", point_.gpus,
                        of_node));
    if (point_.nodes > 1 && series_.system.node.nics < 1 && series_.kind != PublishedKind::linpack)
      fault(
          fmt::format("{} nodes without a network (system '{}' has no NICs) add nics and nic_bandwidth to it",
                      point_.nodes, series_.system.name));
    if (series_.tensor > point_.gpus)
      fault(fmt::format("{} GPUs cannot share layers over {} (tensor of its series) correct one of the two",
                        point_.gpus, series_.tensor));
  }

  void read_step() {
    point_.local = number("local", batch).value_or(1);
    point_.accumulation = table_.positive("accumulation", 1, most_accumulation);
    auto const step = number("step", step_time), all = number("rate", any_rate),
               one = number("rate_per_gpu", any_rate);
    int const given = (table_.get("step") != nullptr) + (table_.get("rate") != nullptr) +
                      (table_.get("rate_per_gpu") != nullptr);
    if (given != 1)
      return fault(
          "a point has no figure, or several (how fast was it?) add one of step, rate and rate_per_gpu");
    double const work = point_.local * point_.accumulation;
    if (step) point_.seconds = *step;
    if (all) point_.seconds = work * point_.gpus / *all;
    if (one) point_.seconds = work / *one;
  }

  void read_sum() {
    auto const bytes = number("bytes", size), seconds = number("seconds", step_time),
               bus = number("bus_bandwidth", bandwidth);
    point_.algorithm = table_.text("algorithm").value;
    bool const time = table_.get("seconds") != nullptr, rate = table_.get("bus_bandwidth") != nullptr;
    if (table_.get("bytes") == nullptr) fault("a sum has no size (how much was added?) add bytes = \"1GiB\"");
    if (time == rate)
      return fault("a sum has no figure, or two (how long did it take?) add seconds or bus_bandwidth");
    if (seconds) point_.seconds = *seconds;
    point_.bytes = bytes.value_or(1);
    if (bus) point_.seconds = 2 * (point_.gpus - 1) * point_.bytes / point_.gpus / *bus;
  }

  toml::table const& source_;
  TableReader table_;
  PublishedSeries const& series_;
  Faults& faults_;
  PublishedPoint point_{};
};

void read_points(TableReader const& table, toml::table const& source, Faults& faults,
                 PublishedSeries& series) {
  auto const* node = table.get("points");
  auto const* list = node == nullptr ? nullptr : node->as_array();
  if (list == nullptr || !list->is_array_of_tables()) {
    faults.add(node == nullptr ? line_of(source) : line_of(*node),
               "a series has no points (what was published?) add points = [{nodes = 1, ...}, ...]");
    return;
  }
  for (auto const& item : *list)
    series.points.push_back(PointReader(*item.as_table(), series, faults).read());
}

void read_system_of(TableReader const& table, toml::table const& source,
                    std::map<std::string, Scenario> const& systems, Faults& faults, PublishedSeries& series) {
  auto const [name, line] = table.text("system");
  if (auto const found = systems.find(name); found != systems.end()) {
    series.system = found->second;
    return;
  }
  std::vector<std::string> known;
  for (auto const& [one, system] : systems) known.push_back(one);
  faults.add(line > 0 ? line : line_of(source),
             fmt::format("system = '{}' is not described ({})", name, suggestion(name, known)));
}

/// Steps without gradients would be predicted as if nothing were summed.
void read_gradients(TableReader const& table, toml::table const& source, Faults& faults,
                    PublishedSeries& series) {
  auto const* node = table.get("gradient_bytes");
  if (node != nullptr)
    series.gradient_bytes = number_in({node, ""}, "gradient_bytes", size, table).value_or(0);
  if (series.kind != PublishedKind::step) return;
  if (node == nullptr)
    faults.add(line_of(source),
               "a series has no gradients (how much is summed in a step?) add gradient_bytes = \"672MB\"");
  else if (table.text("gradient_source").value.empty())
    faults.add(line_of(source),
               "gradient_bytes has no source (who says so?) add gradient_source = \"...\", or \"assumed\"");
}

}  // namespace

PublishedSeries read_series(toml::table const& source, std::map<std::string, Scenario> const& systems,
                            Faults& faults) {
  TableReader const table(source, "a series", faults);
  table.only({"name", "family", "source", "system", "kind", "sums", "sharding", "tensor", "gradient_bytes",
              "gradient_source", "points"},
             "remove or correct it");
  PublishedSeries series;
  series.name = table.text("name").value;
  series.family = table.text("family").value;
  series.source = table.text("source").value;
  for (auto const& [key, text] : {std::pair{"name", &series.name}, std::pair{"family", &series.family}})
    if (text->empty())
      faults.add(line_of(source),
                 fmt::format("a series has no {0} (what is it called?) add {0} = \"...\"", key));
  series.kind =
      one_of(table, "kind",
             std::array{std::pair{"step", PublishedKind::step}, std::pair{"linpack", PublishedKind::linpack},
                        std::pair{"sum", PublishedKind::sum}},
             faults);
  series.sums = one_of(table, "sums",
                       std::array{std::pair{"overlapped", Sums::overlapped},
                                  std::pair{"after backward", Sums::after_backward}},
                       faults);
  series.sharding =
      one_of(table, "sharding",
             std::array{std::pair{"none", Sharding::none}, std::pair{"gradients", Sharding::gradients},
                        std::pair{"full", Sharding::full}},
             faults);
  read_system_of(table, source, systems, faults, series);
  series.tensor = table.positive("tensor", 1, std::max(1, series.system.gpus));
  read_gradients(table, source, faults, series);
  read_points(table, source, faults, series);
  return series;
}

}  // namespace muster
