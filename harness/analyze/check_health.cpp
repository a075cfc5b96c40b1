#include "harness/analyze/check_health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "harness/analyze/facts.hpp"
#include "harness/core/device_history.hpp"

namespace muster {
namespace {

/// Of the time in which samples were taken: longer, and the figures are not those of the part.
constexpr double throttled_share = 0.01;
constexpr double throttled_figures = 0.05;  ///< of a large run, where only the number of figures is known
/// Source: Azure's azurehpc-health-checks, which drains above it.
constexpr std::uint64_t most_remapped_rows = 512;

CheckFinding found(Severity severity, FindingKind kind, Subject subject, std::string evidence,
                   std::string remedy) {
  CheckFinding finding{severity, kind, std::move(subject)};
  finding.evidence = std::move(evidence);
  finding.remedy = std::move(remedy);
  return finding;
}

/// Says what one GPU's history holds against it.
class HistoryJudge {
 public:
  HistoryJudge(Part const& gpu, DeviceHistory const& history) : gpu_(gpu), history_(history) {}

  std::vector<CheckFinding> findings() {
    memory();
    throttling();
    pcie();
    nvlink();
    if (history_.other_processes > 0) {
      add(Severity::warn, FindingKind::other_processes,
          fmt::format("{} other process{} on it", history_.other_processes,
                      history_.other_processes == 1 ? "" : "es"),
          "free it and measure again");
    }
    return std::move(found_);
  }

 private:
  void add(Severity severity, FindingKind kind, std::string evidence, std::string remedy) {
    found_.push_back(found(severity, kind, subject_of(gpu_), std::move(evidence), std::move(remedy)));
  }

  std::string rate(std::uint64_t count) const {
    if (history_.seconds <= 0) return std::to_string(count);
    return fmt::format("{} ({:.3g} an hour of sampling)", count,
                       static_cast<double>(count) / history_.seconds * 3600);
  }

  void memory() {
    if (history_.uncorrected > 0)
      add(Severity::fail, FindingKind::memory_errors,
          rate(history_.uncorrected) + " new uncorrected memory errors",
          "reset it; replace it if they come again");
    if (history_.corrected > 0)
      add(Severity::warn, FindingKind::memory_errors,
          rate(history_.corrected) + " new corrected memory errors", "watch it");
    if (history_.remap_failed)
      add(Severity::fail, FindingKind::remapped_rows, "a row of its memory could not be remapped",
          "replace it");
    if (history_.remap_pending)
      add(Severity::fail, FindingKind::remapped_rows, "a row of its memory waits to be remapped", "reset it");
    if (history_.remapped_uncorrected > most_remapped_rows)
      add(Severity::fail, FindingKind::remapped_rows,
          fmt::format("{} rows of its memory are remapped for uncorrectable errors (more than {})",
                      history_.remapped_uncorrected, most_remapped_rows),
          "replace it");
  }

  void throttling() {
    for (auto const& [reason, seconds] : history_.throttled_seconds) {
      bool const long_enough = history_.seconds <= 0 || seconds > throttled_share * history_.seconds;
      add(long_enough ? Severity::fail : Severity::warn, FindingKind::throttled,
          fmt::format("its clock was held down for {:.1f} s: {}", seconds, reason),
          "look at cooling and power supply");
    }
  }

  void pcie() {
    if (history_.pcie_width && history_.pcie_max_width && *history_.pcie_width < *history_.pcie_max_width)
      add(Severity::fail, FindingKind::pcie,
          fmt::format("PCIe runs x{} where GPU and slot allow x{}", *history_.pcie_width,
                      *history_.pcie_max_width),
          "reseat it");
    auto const most = number_of_fact(gpu_.info, "pcie_max_generation");
    if (history_.transfer_generation && most && *history_.transfer_generation < *most)
      add(Severity::fail, FindingKind::pcie,
          fmt::format("PCIe ran at generation {} right after copies, where GPU and slot allow {:g}",
                      *history_.transfer_generation, *most),
          "reseat it; look at the BIOS's setting of the slot");
    if (history_.pcie_replays > 0)
      add(Severity::warn, FindingKind::pcie, rate(history_.pcie_replays) + " new PCIe replays",
          "reseat it if they go on");
  }

  void nvlink() {
    if (history_.nvlinks_active && history_.nvlinks_present &&
        *history_.nvlinks_active < *history_.nvlinks_present)
      add(Severity::fail, FindingKind::nvlink,
          fmt::format("{} of {} NVLinks are down", *history_.nvlinks_present - *history_.nvlinks_active,
                      *history_.nvlinks_present),
          "look at the fabric manager's log; reseat or replace it");
    if (history_.nvlink_errors > 0)
      add(Severity::warn, FindingKind::nvlink, rate(history_.nvlink_errors) + " new NVLink errors",
          "watch it");
  }

  Part const& gpu_;
  DeviceHistory const& history_;
  std::vector<CheckFinding> found_;
};

FindingKind kind_of(Taint taint) {
  switch (taint) {
    case Taint::throttled:
      return FindingKind::throttled;
    case Taint::other_processes:
      return FindingKind::other_processes;
    case Taint::remapping:
      return FindingKind::remapped_rows;
    default:
      return FindingKind::memory_errors;
  }
}

/// A clock that was held down for a moment in few of its figures is not yet a fault.
Severity severity_of(Taint taint, double share) {
  if (taint == Taint::throttled && share < throttled_figures) return Severity::warn;
  return taint == Taint::other_processes || taint == Taint::corrected_errors ? Severity::warn
                                                                             : Severity::fail;
}

/// Of a GPU whose states are not known, by its samples alone: each text once, with how many of its figures it
/// tainted.
void add_taints(std::vector<CheckFinding>& all, PartFigures const& figures, RankSamples const& samples) {
  std::map<std::pair<std::uint32_t, int>, std::map<std::uint32_t, int>> counts;
  std::map<std::pair<std::uint32_t, int>, int> all_figures;
  for (auto const& entries : samples.cases) {
    for (auto const& entry : entries) {
      ++all_figures[{entry.node, entry.device}];
      if (entry.tainted) ++counts[{entry.node, entry.device}][entry.taint];
    }
  }
  for (auto const& [place, texts] : counts) {
    auto const& node = samples.nodes[place.first];
    int const device = place.second;
    if (samples.devices.contains({node, device})) continue;
    auto const gpu = std::ranges::find_if(
        figures.gpus(), [&](Part const& part) { return part.node == node && part.device == device; });
    Part const part = gpu == figures.gpus().end() ? Part{node, device} : *gpu;
    for (auto const& [taint, count] : texts) {
      auto const& [text, kinds] = samples.taints[taint];
      double const share = static_cast<double>(count) / all_figures[place];
      for (auto const kind : kinds) {
        all.push_back(found(severity_of(kind, share), kind_of(kind), subject_of(part),
                            fmt::format("{} (in {} of its {} figures)", text, count, all_figures[place]),
                            "look at it"));
      }
    }
  }
}

/// The GPU of a rank of a case that has no figures of it: by another case of the same phase, else by where
/// its rank was placed.
class RankPlaces {
 public:
  RankPlaces(PartFigures const& figures, RankSamples const& samples) : figures_(figures) {
    auto const& cases = figures.document().cases;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      backends_.try_emplace(cases[i].name, cases[i].backend);
      if (cases[i].backend != "cuda") continue;
      for (auto const& entry : samples.cases[i])
        devices_.try_emplace({cases[i].phase, samples.nodes[entry.node], entry.rank}, entry.device);
      phases_.try_emplace(cases[i].name, cases[i].phase);
    }
  }

  /// Of the node itself where the rank is unknown or has no GPU.
  Subject subject(Failure const& failure) const {
    auto const device = device_of(failure);
    for (auto const& gpu : figures_.gpus()) {
      if (device && gpu.node == failure.node && gpu.device == *device) return subject_of(gpu);
    }
    return {Subject::Kind::node, failure.node};
  }

 private:
  std::optional<int> device_of(Failure const& failure) const {
    auto const backend = backends_.find(failure.case_name);
    if (failure.rank < 0 || (backend != backends_.end() && backend->second != "cuda")) return std::nullopt;
    auto const phase = phases_.find(failure.case_name);
    if (phase != phases_.end()) {
      auto const known = devices_.find({phase->second, failure.node, failure.rank});
      if (known != devices_.end()) return known->second;
    }
    for (auto const& node : figures_.document().nodes) {
      for (auto const& placement : node.placement) {
        if (node.name == failure.node && placement.rank == failure.rank && placement.backend == "cuda")
          return placement.device;
      }
    }
    return std::nullopt;
  }

  PartFigures const& figures_;
  std::map<std::tuple<std::string, std::string, int>, int> devices_;
  std::map<std::string, std::string> phases_, backends_;  ///< by case
};

/// What failures of one subject and kind have in common.
struct Grouped {
  std::set<std::string> cases;
  std::string first;
};

std::optional<FindingKind> kind_of(CaseStatus status) {
  if (status == CaseStatus::wrong) return FindingKind::wrong_answer;
  if (status == CaseStatus::crashed || status == CaseStatus::timed_out || status == CaseStatus::device_error)
    return FindingKind::broke_off;
  return std::nullopt;  // our own defects, and what the configuration asked for, are no part's fault
}

CheckFinding of_failures(FindingKind kind, Subject subject, Grouped const& group) {
  bool const wrong = kind == FindingKind::wrong_answer;
  auto finding = found(Severity::fail, kind, std::move(subject),
                       fmt::format("{} in {} case{}: {}", wrong ? "wrong answers" : "broke off",
                                   group.cases.size(), group.cases.size() == 1 ? "" : "s", group.first),
                       wrong ? "take it out: what it computes cannot be trusted" : "look at its log");
  finding.cases = *group.cases.begin();
  return finding;
}

void add_left_out(std::vector<CheckFinding>& all, Document const& document) {
  if (!document.coverage) return;
  for (auto const& [node, phase, reason] : document.coverage->excluded) {
    all.push_back(found(Severity::fail, FindingKind::no_answer, {Subject::Kind::node, node},
                        "left out at " + phase + ": " + reason,
                        "it was not tested: repair it and measure again"));
  }
}

/// Facts that make a difference to figures and that GPUs of a model should share.
struct SharedFact {
  char const* fact;
  char const* words;
};
constexpr SharedFact shared_facts[] = {{"power_limit_watts", "power limit in W"},
                                       {"application_sm_clock_mhz", "application clock in MHz"},
                                       {"application_memory_clock_mhz", "application memory clock in MHz"},
                                       {"ecc", "ECC"},
                                       {"mig", "MIG"},
                                       {"pcie_max_generation", "PCIe generation"},
                                       {"pcie_max_width", "PCIe width"}};

/// The most frequent text, if more than half of the GPUs of the model have it.
std::optional<std::string> majority(PartFigures const& figures, int model, char const* fact) {
  std::map<std::string, std::size_t> counts;
  std::size_t all = 0;
  for (auto const& gpu : figures.gpus()) {
    if (gpu.model != model || gpu.info == nullptr) continue;
    auto const text = text_of_fact(*gpu.info, fact);
    if (text.empty()) continue;
    ++counts[text];
    ++all;
  }
  for (auto const& [text, count] : counts) {
    if (2 * count > all) return text;
  }
  return std::nullopt;
}

/// Nodes that have fewer GPUs than most others; where as many have more, than those.
void add_missing_gpus(std::vector<CheckFinding>& all, Document const& document) {
  std::map<std::size_t, std::size_t> counts;
  for (auto const& node : document.nodes) ++counts[node.gpus.size()];
  std::size_t usual = 0, most = 0;
  for (auto const& [gpus, nodes] : counts) {
    if (nodes >= most) usual = gpus, most = nodes;
  }
  bool const clear = 2 * most > document.nodes.size();
  for (auto const& node : document.nodes) {
    if (node.gpus.size() >= usual || (!clear && node.gpus.empty())) continue;
    all.push_back(found(
        Severity::fail, FindingKind::wrong_part, {Subject::Kind::node, node.name},
        fmt::format("{} GPUs, {} of {} nodes have {}", node.gpus.size(), most, document.nodes.size(), usual),
        "one has fallen off the bus, or is not there"));
  }
}

}  // namespace

std::vector<CheckFinding> failure_findings(PartFigures const& figures, RankSamples const& samples) {
  std::vector<CheckFinding> all;
  add_left_out(all, figures.document());
  RankPlaces const places(figures, samples);
  std::map<std::tuple<FindingKind, std::string, int>, std::pair<Subject, Grouped>> groups;
  for (auto const& failure : figures.document().failures) {
    auto const kind = kind_of(failure.kind);
    if (!kind || failure.node.empty()) continue;
    auto const subject = places.subject(failure);
    auto& [kept, group] = groups[{*kind, subject.node, subject.device}];
    kept = subject;
    if (group.cases.empty()) group.first = failure.message;
    group.cases.insert(failure.case_name);
  }
  for (auto const& [key, entry] : groups)
    all.push_back(of_failures(std::get<0>(key), entry.first, entry.second));
  return all;
}

std::vector<CheckFinding> device_findings(PartFigures const& figures, RankSamples const& samples) {
  std::vector<CheckFinding> all;
  for (auto const& gpu : figures.gpus()) {
    auto const history = samples.devices.find({gpu.node, gpu.device});
    if (history == samples.devices.end()) continue;
    auto found = HistoryJudge(gpu, history->second).findings();
    if (figures.document().run.oversubscribed)  // the others on it are our own ranks
      std::erase_if(found, [](auto const& one) { return one.kind == FindingKind::other_processes; });
    all.insert(all.end(), found.begin(), found.end());
  }
  add_taints(all, figures, samples);
  return all;
}

std::vector<CheckFinding> setting_findings(PartFigures const& figures) {
  std::vector<CheckFinding> all;
  add_missing_gpus(all, figures.document());
  std::set<int> models;
  for (auto const& gpu : figures.gpus()) models.insert(gpu.model);
  for (int const model : models) {
    for (auto const& [fact, words] : shared_facts) {
      auto const usual = majority(figures, model, fact);
      for (auto const& gpu : figures.gpus()) {
        if (!usual || gpu.model != model || gpu.info == nullptr) continue;
        auto const own = text_of_fact(*gpu.info, fact);
        if (own.empty() || own == *usual) continue;
        all.push_back(found(Severity::warn, FindingKind::settings, subject_of(gpu),
                            fmt::format("{} is {}, others {}", words, own, *usual),
                            "set it as the others are"));
      }
    }
  }
  return all;
}

}  // namespace muster
