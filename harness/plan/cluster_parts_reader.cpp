#include "harness/plan/cluster_parts_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "harness/plan/part_contradictions.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

constexpr int most_gpus = 64, most_nics = 64, most_levels = 5, most_readings = 1;
constexpr double day = 86'400;
constexpr char const* unnamed = "as described";  // the description as it stands, where no scenario names it

// Bounds that keep out what was meant in another unit; the largest are some hundred times what there is.
constexpr Bounds gpu_rate{Dimension::flop_rate, 1e9, 1e18, "312TFLOP/s"};
constexpr Bounds gpu_memory_rate{Dimension::byte_rate, 1e9, 1e15, "2039GB/s"};
constexpr Bounds gpu_memory{Dimension::bytes, 1e8, 1e14, "80GB"};
constexpr Bounds link_rate{Dimension::byte_rate, 1e7, 1e14, "200Gb/s"};
constexpr Bounds power{Dimension::watts, 1, 1e6, "400W"};
constexpr Bounds capability{Dimension::number, 3, 30, "8.0"};
constexpr Bounds short_time{Dimension::seconds, 0, 0.01, "130ns"};
constexpr Bounds step_time{Dimension::seconds, 0, 1, "1ms"};
constexpr Bounds narrowing{Dimension::number, 1, 100, "2"};
constexpr Bounds storage_size{Dimension::bytes, 1e9, 1e20, "10PB"};
constexpr Bounds storage_rate{Dimension::byte_rate, 1e6, 1e16, "1.6TB/s"};
constexpr Bounds cache_size{Dimension::bytes, 1e6, 1e15, "1TB"};
constexpr Bounds failures_rate{Dimension::number, 1e-3, 1e5, "6.5"};
constexpr Bounds restart_time{Dimension::seconds, 1e-3, 7 * day, "15min"};
constexpr Bounds write_time{Dimension::seconds, 0, day, "30s"};

/// What may be claimed of a cluster.
struct ClaimKind {
  std::string_view name;
  Bounds bounds;
};
constexpr std::array claim_kinds{ClaimKind{"peak_fp16", {Dimension::flop_rate, 1e9, 1e24, "1.8EFLOP/s"}},
                                 ClaimKind{"hpl_rate", {Dimension::flop_rate, 1e9, 1e24, "63.46PFLOP/s"}},
                                 ClaimKind{"storage_capacity", storage_size},
                                 ClaimKind{"storage_bandwidth", storage_rate},
                                 ClaimKind{"switching", {Dimension::byte_rate, 1e6, 1e18, "640Tb/s"}},
                                 ClaimKind{"rank", {Dimension::number, 1, 1e6, "5"}}};

/// Reads the five tables of parts, of a description or of one of its scenarios.
class PartsReader {
 public:
  PartsReader(toml::table const& root, std::string outer_source, Faults& faults, PartsDraft& draft)
      : root_(root), outer_source_(std::move(outer_source)), faults_(faults), draft_(draft) {}

  void read() const {
    each("gpu", [&](SourcedTable const& table) { read_gpu(table, draft_.scenario.gpu); });
    each("node", [&](SourcedTable const& table) { read_node(table, draft_.scenario.node); });
    each("fabric", [&](SourcedTable const& table) { read_fabric(table, draft_.scenario.fabric); });
    each("storage", [&](SourcedTable const& table) { read_storage(table, made(draft_.scenario.storage)); });
    each("failures",
         [&](SourcedTable const& table) { read_failures(table, made(draft_.scenario.failures)); });
  }
  /// Of a scenario: how many nodes, and GPUs in each.
  void read_nodes() const {
    each("nodes", [&](SourcedTable const& table) {
      table.only({"count", "gpus"});
      table.whole("count", 1, most_cluster_nodes, draft_.scenario.nodes);
      table.whole("gpus", 0, most_gpus, draft_.scenario.gpus);
    });
  }

 private:
  template <class Part>
  static Part& made(std::optional<Part>& part) {
    return part ? *part : part.emplace();
  }

  template <class F>
  void each(char const* name, F const& read) const {
    auto const* node = root_.get(name);
    if (node == nullptr) return;
    if (auto const* table = node->as_table())
      return read(SourcedTable(*table, name, outer_source_, faults_, draft_));
    TableReader(root_, "the cluster", faults_).wrong(name, *node, fmt::format("a table: [{}]", name));
  }

  static void read_gpu(SourcedTable const& table, GpuPart& gpu) {
    table.only(
        {"fp16_peak", "fp64_peak", "memory_bandwidth", "memory", "nvlink", "power", "compute_capability"});
    table.number("fp16_peak", gpu_rate, gpu.fp16_peak);
    table.number("fp64_peak", gpu_rate, gpu.fp64_peak);
    table.number("memory_bandwidth", gpu_memory_rate, gpu.memory_bandwidth);
    table.number("memory", gpu_memory, gpu.memory_bytes);
    table.number("nvlink", link_rate, gpu.nvlink_bandwidth);
    table.number("power", power, gpu.watts);
    table.number("compute_capability", capability, gpu.compute_capability);
  }

  static void read_node(SourcedTable const& table, NodePart& node) {
    table.only({"nics", "nic_bandwidth", "nic_latency", "cpu_vendor", "power"});
    table.whole("nics", 0, most_nics, node.nics);
    table.number("nic_bandwidth", link_rate, node.nic_bandwidth);
    table.number("nic_latency", short_time, node.nic_latency);
    table.word("cpu_vendor", {"amd", "intel"}, node.cpu_vendor);
    table.number("power", power, node.watts);
  }

  static void read_fabric(SourcedTable const& table, FabricPart& fabric) {
    table.only({"kind", "rails", "levels", "leaf_nodes", "oversubscription", "switch_latency", "noise"});
    table.text("kind", fabric.kind);
    table.whole("rails", 1, most_nics, fabric.rails);
    table.whole("levels", 1, most_levels, fabric.levels);
    table.whole("leaf_nodes", 1, most_cluster_nodes, fabric.leaf_nodes);
    table.number("oversubscription", narrowing, fabric.oversubscription);
    table.number("switch_latency", short_time, fabric.switch_latency);
    table.number("noise", step_time, fabric.noise);
  }

  static void read_storage(SourcedTable const& table, StoragePart& storage) {
    table.only({"capacity", "bandwidth", "node_bandwidth", "data", "cache", "cached"});
    table.number("capacity", storage_size, storage.capacity);
    table.number("bandwidth", storage_rate, storage.bandwidth);
    table.number("node_bandwidth", storage_rate, storage.node_bandwidth);
    table.number("data", storage_size, storage.data);
    table.number("cache", cache_size, storage.cache_bytes);
    table.yes_or_no("cached", storage.cached);
  }

  static void read_failures(SourcedTable const& table, FailurePart& failures) {
    table.only({"per_1000_node_days", "restart", "checkpoint_write"});
    std::optional<Stated> rate;
    table.number("per_1000_node_days", failures_rate, rate);
    if (rate) failures.rate = {rate->value / 1000 / day, rate->source};
    table.number("restart", restart_time, failures.restart);
    table.number("checkpoint_write", write_time, failures.checkpoint_write);
  }

  toml::table const& root_;
  std::string outer_source_;
  Faults& faults_;
  PartsDraft& draft_;
};

/// Who says how something is built that several keys describe: what is assumed of it, if anything is.
std::string source_of_all(PartsDraft const& draft, std::span<char const* const> keys) {
  std::string said;
  for (auto const* key : keys) {
    auto const found = draft.places.find(key);
    if (found == draft.places.end()) return "assumed: not all of it is described";
    if (said.empty() || found->second.source.starts_with("assumed")) said = found->second.source;
    if (said.starts_with("assumed")) break;
  }
  return said;
}

Scenario finished(PartsDraft draft) {
  constexpr std::array node_keys{"node.nics"};
  constexpr std::array fabric_keys{"fabric.kind", "fabric.rails", "fabric.levels", "fabric.leaf_nodes"};
  draft.scenario.node.source = source_of_all(draft, node_keys);
  draft.scenario.fabric.source = source_of_all(draft, fabric_keys);
  return std::move(draft.scenario);
}

/// [[key]]: the tables, or none, with a fault where it is something else.
std::vector<toml::table const*> tables(toml::table const& root, char const* key, Faults& faults) {
  auto const* node = root.get(key);
  if (node == nullptr) return {};
  std::vector<toml::table const*> all;
  auto const* list = node->as_array();
  if (list == nullptr || !list->is_array_of_tables()) {
    TableReader(root, "the cluster", faults).wrong(key, *node, fmt::format("tables: [[{}]]", key));
    return all;
  }
  for (auto const& item : *list) all.push_back(item.as_table());
  return all;
}

/// A name that is there, and there once.
class Names {
 public:
  Names(std::string what, Faults& faults) : what_(std::move(what)), faults_(faults) {}

  void add(std::string const& name, long line) {
    if (name.empty())
      faults_.add(line, fmt::format("{} has no name (what is it called?) add name = \"...\"", what_));
    auto const [first, added] = lines_.emplace(name, line);
    if (!added && !name.empty())
      faults_.add(line,
                  fmt::format("{} is called '{}', as another on line {} is (names tell them apart) rename "
                              "one of the two",
                              what_, name, first->second));
  }

 private:
  std::string what_;
  Faults& faults_;
  std::map<std::string, long> lines_{};
};

Scenario read_scenario(toml::table const& source, PartsDraft draft, Faults& faults) {
  TableReader const table(source, "a scenario", faults);
  table.only({"name", "summary", "source", "channel_reading", "nodes", "gpu", "node", "fabric", "storage",
              "failures"},
             "remove or correct it");
  auto& scenario = draft.scenario;
  scenario.name = table.text("name").value;
  scenario.summary = table.text("summary").value;
  PartsReader const reader(source, table.text("source").value, faults, draft);
  reader.read_nodes();
  reader.read();
  scenario.channel_reading = table.whole("channel_reading", 0, 0, most_readings);
  if (scenario.channel_reading != 0)
    scenario.changes.push_back(fmt::format("channel_reading = {}", scenario.channel_reading));
  check_complete(draft, line_of(source), faults);
  check_together(draft, faults);
  return finished(std::move(draft));
}

/// A first scenario that changes nothing names the description as it stands.
void read_scenarios(toml::table const& root, PartsDraft const& base, Faults& faults,
                    std::vector<Scenario>& scenarios) {
  Names names("a scenario", faults);
  for (auto const* source : tables(root, "scenario", faults)) {
    auto const faults_before = faults.size();
    auto read = read_scenario(*source, base, faults);
    bool const faulty = faults.size() > faults_before;  // then what it changes is not known
    names.add(read.name, line_of(*source));
    bool const first = source == root.get("scenario")->as_array()->get(0);
    if (read.name == unnamed && scenarios.front().name == unnamed && !read.changes.empty())
      faults.add(line_of(*source),
                 fmt::format("a scenario is called '{}', as the description as it stands is "
                             "(names tell them apart) rename it",
                             unnamed));
    if (!read.changes.empty()) {
      scenarios.push_back(std::move(read));
    } else if (first) {
      if (read.summary.empty()) read.summary = scenarios.front().summary;
      scenarios.front() = std::move(read);
    } else if (!faulty) {
      faults.add(line_of(*source),
                 fmt::format("the scenario '{}' changes nothing (it would be the description as it "
                             "stands) add what it changes, such as node.nics = 4",
                             read.name));
    }
  }
}

/// "2020-11": there is a list in June and in November, since 1993.
bool is_list(std::string const& text) {
  return text.size() == 7 && (text.ends_with("-06") || text.ends_with("-11")) && text >= "1993" &&
         std::ranges::all_of(text.substr(0, 4), [](char c) { return c >= '0' && c <= '9'; });
}

/// Of a rank: on which list.
void read_list(TableReader const& table, long line, Claim& claim, Faults& faults) {
  claim.list = table.text("list").value;
  auto const* list = table.get("list");
  bool const rank = claim.name == "rank";
  if (rank && list == nullptr)
    faults.add(line, "a rank has no list (which Top500 was it on?) add list = \"2020-11\"");
  if (list == nullptr) return;
  if (!rank) return faults.add(line_of(*list), "only a rank has a list (the Top500's) remove it");
  if (list->is_string() && !is_list(claim.list))
    table.wrong("list", *list, "a Top500 list, of June or November: \"2020-11\"");
}

Claim read_claim(toml::table const& source, Faults& faults) {
  TableReader const table(source, "a claim", faults);
  table.only({"name", "value", "source", "note", "list", "measured"}, "remove or correct it");
  Claim claim{table.text("name").value, "", {0, table.text("source").value}, table.text("note").value};
  claim.measured = table.yes_or_no("measured").value_or(false);
  read_list(table, line_of(source), claim, faults);
  auto const kind = std::ranges::find(claim_kinds, claim.name, &ClaimKind::name);
  auto const* value = table.get("value");
  if (claim.said.source.empty())
    faults.add(line_of(source), "a claim has no source (who said so?) add source = \"...\"");
  if (value == nullptr) faults.add(line_of(source), "a claim has no value (what was said?) add value = ...");
  if (kind == claim_kinds.end()) {
    std::vector<std::string> known;
    for (auto const& one : claim_kinds) known.emplace_back(one.name);
    if (!claim.name.empty())
      faults.add(table.text("name").line, fmt::format("nothing is known of a claim '{}' ({})", claim.name,
                                                      suggestion(claim.name, known)));
    return claim;
  }
  claim.unit = claim.name == "rank" ? "rank" : unit_of(kind->bounds.dimension);
  if (value != nullptr) claim.said.value = number_in({value, ""}, "value", kind->bounds, table).value_or(0);
  return claim;
}

std::vector<Claim> read_claims(toml::table const& root, Faults& faults) {
  std::vector<Claim> claims;
  Names names("a claim", faults);
  for (auto const* source : tables(root, "claim", faults)) {
    claims.push_back(read_claim(*source, faults));
    names.add(claims.back().name, line_of(*source));
  }
  return claims;
}

/// How many nodes there are is said in [nodes], which others read.
void take_nodes(toml::table const& root, ClusterDescription const& cluster, PartsDraft& draft) {
  draft.scenario.nodes = cluster.nodes;
  draft.scenario.gpus = cluster.gpus;
  for (auto const* key : {"count", "gpus"})
    if (auto const at = root["nodes"][key])
      draft.places[fmt::format("nodes.{}", key)] = {line_of(*at.node()), "", cluster.source, true};
}

}  // namespace

std::vector<std::string> part_keys() {
  return {"gpu", "node", "fabric", "storage", "failures", "scenario", "claim", "announcement"};
}

void read_parts(toml::table const& root, Faults& faults, PartsDraft& draft) {
  PartsReader(root, "", faults, draft).read();
  draft.scenario.changes.clear();
}

void mark_as_of(std::string const& file, PartsDraft& draft) {
  for (auto& [key, place] : draft.places)
    if (place.file.empty()) place.file = file;
}

std::optional<ClusterParts> finish_parts(toml::table const& root, ClusterDescription const& cluster,
                                         PartsDraft draft, Faults& faults) {
  bool const own = std::ranges::any_of(part_keys(), [&](auto const& key) { return root.contains(key); });
  if (!own && draft.places.empty()) return std::nullopt;
  take_nodes(root, cluster, draft);
  draft.scenario.name = unnamed;
  draft.scenario.summary = cluster.summary;
  if (own) check_complete(draft, 0, faults);  // parts of another alone may be of one node of many
  check_together(draft, faults);
  ClusterParts parts;
  parts.scenarios.push_back(finished(draft));
  read_scenarios(root, draft, faults, parts.scenarios);
  parts.claims = read_claims(root, faults);
  parts.announcement = TableReader(root, "the cluster", faults).text("announcement").value;
  return parts;
}

}  // namespace muster
