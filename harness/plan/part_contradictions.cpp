#include "harness/plan/part_contradictions.hpp"

#include <fmt/format.h>

#include "harness/core/quantities.hpp"

namespace muster {
namespace {

/// Two keys that cannot both be right.
class Contradictions {
 public:
  Contradictions(PartsDraft const& draft, Faults& faults) : draft_(draft), faults_(faults) {}

  /// `why` ends with the remedy: "(why) remedy".
  void between(std::string_view key, std::string_view other, bool wrong, std::string const& why) const {
    if (!wrong || has_fault(key) || has_fault(other)) return;
    bool const swap = line_here(key) < line_here(other);  // it is the later one that contradicts
    auto const& [later, earlier] = swap ? std::pair(other, key) : std::pair(key, other);
    faults_.add(line_here(later),
                fmt::format("{} contradicts {}, {} {}", later, earlier, where(earlier), why));
  }

  bool given(std::string_view key) const { return place(key) != nullptr; }

 private:
  KeyPlace const* place(std::string_view key) const {
    auto const found = draft_.places.find(std::string(key));
    return found == draft_.places.end() ? nullptr : &found->second;
  }
  /// It was said already, and what stands for it is not what was meant.
  bool has_fault(std::string_view key) const {
    auto const* found = place(key);
    return found != nullptr && !found->usable;
  }
  long line_here(std::string_view key) const {
    auto const* found = place(key);
    return found != nullptr && found->file.empty() ? found->line : 0;
  }
  std::string where(std::string_view key) const {
    auto const* found = place(key);
    if (found == nullptr) return "which is not given";
    return found->file.empty() ? fmt::format("line {},", found->line)
                               : fmt::format("line {} of {},", found->line, found->file);
  }

  PartsDraft const& draft_;
  Faults& faults_;
};

std::string rate(double value) { return human(value, "B/s"); }

void check_gpu(Scenario const& all, Contradictions const& found) {
  auto const& gpu = all.gpu;
  found.between("gpu.fp64_peak", "gpu.fp16_peak", gpu.fp64_peak && gpu.fp64_peak->value > gpu.fp16_peak.value,
                "(no GPU is faster with 64 bits than with 16) correct one of the two");
  found.between("gpu.fp16_peak", "nodes.gpus", all.gpus == 0 && found.given("nodes.gpus"),
                "(nodes without GPUs have no GPU's peak) give the number of GPUs, or remove [gpu]");
  found.between(
      "gpu.nvlink", "node.nic_bandwidth",
      gpu.nvlink_bandwidth && all.node.nics > 0 && gpu.nvlink_bandwidth->value < all.node.nic_bandwidth.value,
      fmt::format("(NVLink of {} would be slower than one NIC of {}) both are of one direction, and "
                  "NVLink of all links of a GPU",
                  rate(gpu.nvlink_bandwidth.value_or(Stated{}).value), rate(all.node.nic_bandwidth.value)));
}

void check_fabric(Scenario const& all, Contradictions const& found) {
  auto const& fabric = all.fabric;
  found.between(
      "fabric.rails", "node.nics", fabric.rails > all.node.nics,
      fmt::format("({} rails of {} NICs: a rail has a NIC of every node) give at most as many rails "
                  "as NICs",
                  fabric.rails, all.node.nics));
  found.between(
      "fabric.rails", "node.nics", fabric.rails <= all.node.nics && all.node.nics % fabric.rails != 0,
      fmt::format("({} NICs cannot be dealt out evenly over {} rails) give a number that divides them",
                  all.node.nics, fabric.rails));
  bool const one_level = fabric.levels == 1;
  auto const* const leafs = found.given("fabric.leaf_nodes") ? "fabric.leaf_nodes" : "fabric.levels";
  found.between(
      leafs, "nodes.count", one_level && all.nodes > fabric.leaf_nodes,
      fmt::format("(one level of switches joins the {} nodes of one leaf, not {}) give the switches "
                  "more levels, or as many nodes a leaf",
                  fabric.leaf_nodes, all.nodes));
  found.between("fabric.oversubscription", "fabric.levels", one_level && fabric.oversubscription.value > 1,
                "(switches of one level send nothing upwards) give 1, or more levels");
}

void check_storage(Scenario const& all, Contradictions const& found) {
  if (!all.storage) return;
  auto const& storage = *all.storage;
  auto const bytes = [](std::optional<Stated> const& value) { return value.value_or(Stated{}).value; };
  found.between("storage.node_bandwidth", "storage.bandwidth",
                bytes(storage.node_bandwidth) > storage.bandwidth.value && storage.bandwidth.value > 0,
                fmt::format("(one node would read {}, all together {}) the bandwidth is that of all nodes "
                            "together",
                            rate(bytes(storage.node_bandwidth)), rate(storage.bandwidth.value)));
  found.between("storage.data", "storage.capacity",
                storage.capacity && bytes(storage.data) > bytes(storage.capacity),
                fmt::format("({} of data do not fit into {}) give what training reads in an epoch",
                            human(bytes(storage.data), "B"), human(bytes(storage.capacity), "B")));
  found.between("storage.cache", "storage.capacity",
                storage.capacity && bytes(storage.cache_bytes) > bytes(storage.capacity),
                fmt::format("(one node's cache of {} would hold more than there is, {}) give what one node "
                            "holds in its memory",
                            human(bytes(storage.cache_bytes), "B"), human(bytes(storage.capacity), "B")));
  found.between(
      "storage.cached", "storage.cache", storage.cached && !storage.cache_bytes,
      "(nothing could be held anywhere) add cache = \"1TB\", or whatever a node's memory has room for");
}

}  // namespace

void check_together(PartsDraft const& draft, Faults& faults) {
  Contradictions const found(draft, faults);
  check_gpu(draft.scenario, found);
  if (found.given("node.nics")) check_fabric(draft.scenario, found);
  check_storage(draft.scenario, found);
}

void check_complete(PartsDraft const& draft, long line, Faults& faults) {
  auto const& all = draft.scenario;
  auto const needed = [&](char const* key, bool when, char const* why) {
    if (when && !draft.places.contains(key))
      faults.add(
          line,
          fmt::format("the cluster's parts have no {} ({}) add it with its source, or as assumed", key, why));
  };
  needed("gpu.fp16_peak", true, "what does a GPU do at best?");
  needed("nodes.gpus", all.gpus == 0, "how many GPUs has a node?");
  needed("node.nics", all.nodes > 1, "what joins its nodes?");
  needed("node.nic_bandwidth", all.node.nics > 0, "how fast is each of its NICs?");
  needed("storage.bandwidth", all.storage.has_value(), "what do all nodes together read?");
  needed("failures.per_1000_node_days", all.failures.has_value(), "how often do nodes fail?");
  needed("failures.restart", all.failures.has_value(), "how long from a failure to the next step?");
  needed("failures.checkpoint_write", all.failures.has_value(),
         "how long does training wait for a checkpoint?");
}

}  // namespace muster
