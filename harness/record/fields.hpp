// What each value looks like in JSON: its fields, named once, for writing and reading alike. `when` marks
// what is left out where it is not known. Names of the result document are explained in results/README.md.
#pragma once
#include <array>
#include <cmath>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/core/stand.hpp"
#include "harness/record/document_json.hpp"

namespace muster {

template <class U, class T>
concept Is = std::same_as<std::remove_const_t<U>, T>;

// Words of the closed lists.

inline std::string_view word(CaseStatus status) { return name(status); }
inline std::string_view word(RunStatus status) { return name(status); }

inline std::string_view word(Verdict::Status status) {
  switch (status) {
    case Verdict::Status::pass:
      return "pass";
    case Verdict::Status::fail:
      return "fail";
    case Verdict::Status::skipped:
      return "skipped";
    case Verdict::Status::not_applicable:
      return "not_applicable";
  }
  return "fail";
}

inline std::string_view word(Better better) {
  switch (better) {
    case Better::higher:
      return "higher";
    case Better::lower:
      return "lower";
    case Better::exact:
      return "exact";
  }
  return "exact";
}

inline std::string_view word(Spread spread) { return spread == Spread::each_node ? "each_node" : "together"; }

inline std::string_view word(Quantity quantity) {
  switch (quantity) {
    case Quantity::bytes:
      return "bytes";
    case Quantity::flops:
      return "flops";
    case Quantity::items:
      return "items";
    case Quantity::wire_bytes:
      return "wire_bytes";
  }
  return "bytes";
}

inline auto all_of(CaseStatus) {
  using enum CaseStatus;
  return std::array{ok,           wrong,   unsupported, out_of_memory, bad_input,
                    device_error, crashed, timed_out,   internal,      not_run};
}
inline auto all_of(RunStatus) {
  using enum RunStatus;
  return std::array{running, complete, partial, failed, aborted};
}
inline auto all_of(Verdict::Status) {
  using enum Verdict::Status;
  return std::array{pass, fail, skipped, not_applicable};
}
inline auto all_of(Spread) { return std::array{Spread::together, Spread::each_node}; }
inline auto all_of(Better) { return std::array{Better::higher, Better::lower, Better::exact}; }
inline auto all_of(Quantity) {
  using enum Quantity;
  return std::array{bytes, flops, items, wire_bytes};
}

// The machine.

void fields(auto& a, Is<DeviceInfo> auto& v) {
  a("backend", v.backend);
  a("index", v.index);
  a("name", v.name);
  a.when(!v.uuid.empty(), "uuid", v.uuid);
  a.when(!v.pci.empty(), "pci", v.pci);
  a.when(v.memory_bytes != 0, "memory_bytes", v.memory_bytes);
  a.when(v.units != 0, "units", v.units);
  a.when(!v.facts.empty(), "facts", v.facts);
}

void fields(auto& a, Is<DeviceState> auto& v) {
  a("clock_hz", v.clock_hz);
  a("memory_clock_hz", v.memory_clock_hz);
  a("power_watts", v.power_watts);
  a("temperature_c", v.temperature_c);
  a("memory_temperature_c", v.memory_temperature_c);
  a("throttle_reasons", v.throttle_reasons);
  a("energy_joules", v.energy_joules);
  a.when(!v.throttled_seconds.empty(), "throttled_seconds", v.throttled_seconds);
  a("corrected_errors", v.corrected_errors);
  a("uncorrected_errors", v.uncorrected_errors);
  a("remapped_corrected", v.remapped_corrected);
  a("remapped_uncorrected", v.remapped_uncorrected);
  a("remap_pending", v.remap_pending);
  a("remap_failed", v.remap_failed);
  a("pcie_generation", v.pcie_generation);
  a("pcie_width", v.pcie_width);
  a("pcie_max_width", v.pcie_max_width);
  a("pcie_replays", v.pcie_replays);
  a("nvlinks_active", v.nvlinks_active);
  a("nvlinks_present", v.nvlinks_present);
  a("nvlink_errors", v.nvlink_errors);
  a("other_processes", v.other_processes);
}

void fields(auto& a, Is<Cpu> auto& v) {
  a("model", v.model);
  a("architecture", v.architecture);
  a("sockets", v.sockets);
  a("cores", v.cores);
  a("threads", v.threads);
  a("usable", v.usable);
  a("numa_nodes", v.numa_nodes);
  a.when(!v.governor.empty(), "governor", v.governor);
  a("caches", v.caches);
  a("features", v.features);
}

void fields(auto& a, Is<Nic> auto& v) {
  a("name", v.name);
  a("fabric", v.fabric);
  a("driver", v.driver);
  a("state", v.state);
  a.when(std::isfinite(v.bits_per_second) && v.bits_per_second > 0, "bits_per_second", v.bits_per_second);
  a.when(v.numa >= 0, "numa", v.numa);
  a.when(!v.firmware.empty(), "firmware", v.firmware);
}

void fields(auto& a, Is<Storage> auto& v) {
  a("use", v.use);
  a("path", v.path);
  a("filesystem", v.filesystem);
  a("source", v.source);
  a.when(!v.device_model.empty(), "device_model", v.device_model);
  a("free_bytes", v.free_bytes);
  a("total_bytes", v.total_bytes);
}

void fields(auto& a, Is<Placement> auto& v) {
  a("rank", v.rank);
  a("backend", v.backend);
  a("device", v.device);
  a("cpus", v.cpus);
  a("threads", v.threads);
  a.when(!v.numa_nodes.empty(), "numa_nodes", v.numa_nodes);
  a.when(v.device_node >= 0, "device_numa_node", v.device_node);
  a.when(v.distance >= 0, "numa_distance", v.distance);
}

void fields(auto& a, Is<Node> auto& v) {
  a("name", v.name);
  a("cpu", v.cpu);
  a.group("memory", [&](auto& memory) { memory("bytes", v.memory_bytes); });
  a("gpus", v.gpus);
  a("nics", v.nics);
  a("storage", v.storage);
  a.when(!v.placement.empty(), "placement", v.placement);
  a("software", v.software);
  a("env", v.env);
}

/// Google Benchmark's own names, so that its tools find them.
void fields(auto& a, Is<BenchmarkContext> auto& v) {
  a("date", v.date);
  a("host_name", v.host_name);
  a("executable", v.executable);
  a("num_cpus", v.num_cpus);
  a("mhz_per_cpu", v.mhz_per_cpu);
  a("cpu_scaling_enabled", v.cpu_scaling_enabled);
  a("load_avg", v.load_avg);
  a("library_version", v.library_version);
  a("library_build_type", v.library_build_type);
}

// The run.

void fields(auto& a, Is<Elsewhere> auto& v) {
  a("node", v.node);
  a("folder", v.folder);
  a("reason", v.reason);
}

void fields(auto& a, Is<Document::Run> auto& v) {
  a("id", v.id);
  a("status", v.status);
  a("exit_code", v.exit_code);
  a("started", v.started);
  a.when(!v.ended.empty(), "ended", v.ended);
  a("argv", v.argv);
  a("suite", v.suite);
  a("config_path", v.config_path);
  a("config_sha256", v.config_sha256);
  a("seed", v.seed);
  a("launcher", v.launcher);
  a("backend", v.backend);
  a.when(!v.backend_reason.empty(), "backend_reason", v.backend_reason);
  a("version", v.version);
  a("commit", v.commit);
  a("dirty", v.dirty);
  a("oversubscribed", v.oversubscribed);
  a.group("plan", [&](auto& plan) {
    plan("cases", v.planned_cases);
    plan("launches", v.launches);
    plan("done", v.done_cases);
  });
  a.when(!v.elsewhere.empty(), "elsewhere", v.elsewhere);
  a.when(v.restarts > 0, "restarts", v.restarts);
  a.when(v.scheduler_restarts > 0, "scheduler_restarts", v.scheduler_restarts);
}

void fields(auto& a, Is<PlannedCase> auto& v) {
  a("name", v.name);
  a("workload", v.workload);
  a("backend", v.backend);
  a("params", v.params);
  a.when(!v.labels.empty(), "labels", v.labels);
  a.when(v.phase > 0, "phase", v.phase);
  a("launches", v.launches);
  a("ranks", v.ranks);
  a.when(v.per_node > 0, "per_node", v.per_node);
  a("sampling_seconds", v.sampling_seconds);
  a.when(v.soak_seconds > 0, "soak_seconds", v.soak_seconds);
  a.when(v.alone, "alone", v.alone);
  a("deadline_seconds", v.deadline_seconds);
  a.when(v.operation_seconds > 0, "operation_seconds", v.operation_seconds);
}

void fields(auto& a, Is<RunPhase> auto& v) {
  a("name", v.name);
  a("spread", v.spread);
}

void fields(auto& a, Is<PlannedNodes> auto& v) {
  a("count", v.count);
  a("spares", v.spares);
  a("slots", v.slots);
}

void fields(auto& a, Is<Plan> auto& v) {
  a("suite", v.suite);
  a("config_path", v.config_path);
  a("config_sha256", v.config_sha256);
  a("seed", v.seed);
  a("launches", v.launches);
  a.when(v.nodes.count > 0, "nodes", v.nodes);
  a.when(v.phases.size() != 1 || !v.phases[0].name.empty() || v.phases[0].spread != Spread::together,
         "phases", v.phases);
  a("oversubscribe", v.oversubscribe);
  a("data", v.data);
  a("cache", v.cache);
  a("cases", v.cases);
}

void fields(auto& a, Is<Probe> auto& v) {
  a("backend", v.backend);
  a("devices", v.devices);
  a("versions", v.versions);
  a.when(!v.states.empty(), "states", v.states);
  a.when(!v.device_faults.empty(), "device_faults", v.device_faults);
  a("fault", v.fault);
}

// A case.

void fields(auto& a, Is<Metric> auto& v) {
  a("name", v.name);
  a("unit", v.unit);
  a("better", v.better);
  a("quantity", v.quantity);
}

void fields(auto& a, Is<Work> auto& v) {
  a("bytes", v.bytes);
  a("flops", v.flops);
  a("items", v.items);
  a("wire_bytes", v.wire_bytes);
}

void fields(auto& a, Is<Bound> auto& v) {
  a("name", v.name);
  a("value", v.value);
  a("unit", v.unit);
  a.when(std::isfinite(v.clock_hz) && v.clock_hz > 0, "clock_hz", v.clock_hz);
}

void fields(auto& a, Is<Fingerprint> auto& v) {
  a("value", v.value);
  a("made_by", v.made_by);
}

void fields(auto& a, Is<Verdict> auto& v) {
  a("status", v.status);
  a("method", v.method);
  a("error", v.error);
  a("tolerance", v.tolerance);
  a("detail", v.detail);
}

void fields(auto& a, Is<Figure> auto& v) {
  a("name", v.name);
  a("value", v.value);
  a("unit", v.unit);
}

void fields(auto& a, Is<Matrix> auto& v) {
  a("name", v.name);
  a("unit", v.unit);
  a("rows", v.rows);
  a("columns", v.columns);
  a.grid("values", v.rows.size(), v.columns.size(), v.values);
}

void fields(auto& a, Is<Summary> auto& v) {
  a("median", v.median);
  a("p05", v.p05);
  a("p95", v.p95);
  a("min", v.min);
  a("max", v.max);
  a("mean", v.mean);
  a("samples", v.samples);
  a("half_width", v.half_width);
}

void fields(auto& a, Is<LaunchFigures> auto& v) {
  a("index", v.index);
  fields(a, v.metric);
  a("seconds_per_op", v.seconds_per_op);
  a("seconds_p99", v.seconds_p99);
  a("ops_per_sample", v.ops_per_sample);
  a("iterations", v.iterations);
}

void fields(auto& a, Is<Range> auto& v) {
  a("min", v.min);
  a("median", v.median);
  a("max", v.max);
}

void fields(auto& a, Is<Telemetry> auto& v) {
  a("readings", v.readings);
  a("readings_hz", v.readings_hz);
  a("clock_hz", v.clock_hz);
  a("memory_clock_hz", v.memory_clock_hz);
  a("power_watts", v.power_watts);
  a("temperature_c", v.temperature_c);
  a("memory_temperature_c", v.memory_temperature_c);
  a.when(!v.throttled_seconds.empty(), "throttled_seconds", v.throttled_seconds);
  a("throttled_samples", v.throttled_samples);
  a("energy_joules", v.energy_joules);
  a("mean_watts", v.mean_watts);
  a("corrected_errors", v.corrected_errors);
  a("uncorrected_errors", v.uncorrected_errors);
  a("pcie_replays", v.pcie_replays);
  a("nvlink_errors", v.nvlink_errors);
}

void fields(auto& a, Is<Sampling> auto& v) {
  a("regime", v.regime);
  a.when(v.soak_seconds > 0, "soak_seconds", v.soak_seconds);
  a.when(v.soak_seconds > 0, "steady", v.steady);
  a.when(!v.unrest.empty(), "unrest", v.unrest);
  a.when(!v.stopped_by.empty(), "stopped_by", v.stopped_by);
  a("recorded", v.recorded);
  a.when(v.window_seconds > 0, "window_seconds", v.window_seconds);
}

void fields(auto& a, Is<RankFigures> auto& v) {
  a("launch", v.launch);
  a("rank", v.rank);
  a("node", v.node);
  a("device", v.device);
  a.when(!v.device_uuid.empty(), "device_uuid", v.device_uuid);
  fields(a, v.metric);
  a("percent_of_bound", v.percent_of_bound);
  a("percent_at_clock", v.percent_at_clock);
  a("per_joule", v.per_joule);
  a("alone", v.alone);
  a.when(!v.fingerprint.empty(), "fingerprint", v.fingerprint);
  a.when(!v.sampling.stopped_by.empty(), "sampling", v.sampling);
  a("telemetry", v.telemetry);
  a.when(!v.before.says_nothing(), "before", v.before);
  a.when(!v.after.says_nothing(), "after", v.after);
}

void fields(auto& a, Is<Worlds> auto& v) {
  a("planned", v.planned);
  a("ok", v.ok);
  a("wrong", v.wrong);
}

void fields(auto& a, Is<ExcludedNode> auto& v) {
  a("node", v.node);
  a("phase", v.phase);
  a("reason", v.reason);
}

void fields(auto& a, Is<Coverage> auto& v) {
  a("planned", v.planned);
  a("spares", v.spares);
  a("seen", v.seen);
  a("good", v.good);
  a("excluded", v.excluded);
}

void fields(auto& a, Is<NodeSpread> auto& v) {
  a("node", v.node);
  a("ranks", v.ranks);
  a("median", v.median);
  a("min", v.min);
  a("min_rank", v.min_rank);
  a("max", v.max);
  a("max_rank", v.max_rank);
}

void fields(auto& a, Is<RankSpread> auto& v) {
  a("ranks", v.ranks);
  a("entries", v.entries);
  a("median", v.median);
  a("p05", v.p05);
  a("p95", v.p95);
  a("min", v.min);
  a("max", v.max);
  a("nodes", v.nodes);
}

void fields(auto& a, Is<CaseResult> auto& v) {
  a("name", v.name);
  a("workload", v.workload);
  a("backend", v.backend);
  a("params", v.params);
  a.when(!v.labels.empty(), "labels", v.labels);
  a.when(!v.phase.empty(), "phase", v.phase);
  a.when(v.planned_launches != 1, "planned_launches", v.planned_launches);
  a("rank_count", v.ranks);
  a("worlds", v.worlds);
  a("status", v.status);
  a.when(!v.message.empty(), "message", v.message);
  a("metric", v.metric);
  a.optional_group("bound", v.bound, [&](auto& inner, auto& bound) {
    fields(inner, bound);
    inner("percent", v.percent_of_bound);
    inner("percent_at_clock", v.percent_at_clock);
  });
  a("per_joule", v.per_joule);
  a("slower_together_percent", v.slower_together_percent);
  a("work", v.work);
  a("verification", v.verification);
  a("launches", v.launches);
  a("ranks", v.rank_figures);
  a("rank_spread", v.rank_spread);
  a("figures", v.figures);
  a.when(!v.matrices.empty(), "matrices", v.matrices);
  a.when(!v.facts.empty(), "facts", v.facts);
  a("warnings", v.warnings);
  a.when(!v.tainted.empty(), "tainted", v.tainted);
}

void fields(auto& a, Is<Failure> auto& v) {
  a("case", v.case_name);
  a("launch", v.launch);
  a.when(!v.node.empty(), "node", v.node);
  a.when(v.rank >= 0, "rank", v.rank);
  a("phase", v.phase);
  a("class", v.kind);
  a("message", v.message);
  a.when(!v.time.empty(), "time", v.time);
}

void fields(auto& a, Is<Sidecar> auto& v) {
  a("path", v.path);
  a("sha256", v.sha256);
  a("bytes", v.bytes);
}

// The journal.

void fields(auto& a, Is<Reading> auto& v) {
  a("seconds", v.seconds);
  fields(a, v.state);
}

void fields(auto& a, Is<Soak> auto& v) {
  a("seconds", v.seconds);
  a("steady", v.steady);
  a.when(!v.unrest.empty(), "unrest", v.unrest);
}

void fields(auto& a, Is<Conditions> auto& v) {
  a("regime", v.regime);
  a("soak", v.soak);
  a("stopped_by", v.stopped_by);
  a("recorded", v.recorded);
  a("window_seconds", v.window_seconds);
  a("sample_ends", v.sample_ends);
  a.when(!v.readings.empty(), "readings", v.readings);
}

void fields(auto& a, Is<RankRecord> auto& v) {
  a("rank", v.rank);
  a("device", v.device);
  a.when(!v.device_uuid.empty(), "device_uuid", v.device_uuid);
  a("status", v.status);
  a.when(!v.phase.empty(), "phase", v.phase);
  a.when(!v.message.empty(), "message", v.message);
  a("verification", v.verification);
  a("sample_seconds", v.sample_seconds);
  a.when(!v.group_seconds.empty(), "group_seconds", v.group_seconds);
  a("ops_per_sample", v.ops_per_sample);
  a("work", v.work);
  a("bound", v.bound);
  a.when(!v.figures.empty(), "figures", v.figures);
  a.when(!v.warnings.empty(), "warnings", v.warnings);
  a.when(!v.before.says_nothing(), "before", v.before);
  a.when(!v.after.says_nothing(), "after", v.after);
  a.when(!v.conditions.stopped_by.empty(), "conditions", v.conditions);
  a("fingerprint", v.fingerprint);
  a.when(!v.alone_seconds.empty(), "alone_seconds", v.alone_seconds);
  a.when(!v.facts.empty(), "facts", v.facts);
  a.when(!v.matrices.empty(), "matrices", v.matrices);
}

void fields(auto& a, Is<CaseRecord> auto& v) {
  a("case_index", v.case_index);
  a("launch", v.launch);
  a("node", v.node);
  a("ranks", v.ranks);
  a.when(!v.world.empty(), "world", v.world);
  a.when(v.world_size > 0, "world_size", v.world_size);
  a.when(v.attempt > 0, "attempt", v.attempt);
}

void fields(auto& a, Is<RunStarted> auto& v) {
  a("run", v.run);
  a.when(v.first_attempt > 0, "first_attempt", v.first_attempt);
}

void fields(auto& a, Is<LaunchStarted> auto& v) {
  a("launch", v.launch);
  a("ranks", v.ranks);
  a("launcher", v.launcher);
  a("time", v.time);
}

void fields(auto& a, Is<CaseFailed> auto& v) {
  a("case_index", v.case_index);
  a("failure", v.failure);
  a.when(!v.world.empty(), "world", v.world);
  a.when(v.attempt > 0, "attempt", v.attempt);
}

void fields(auto& a, Is<RunPhaseStarted> auto& v) {
  a("phase", v.phase);
  a("nodes", v.nodes);
  a("time", v.time);
}

void fields(auto& a, Is<NodeExcluded> auto& v) {
  a("node", v.node);
  a("phase", v.phase);
  a("reason", v.reason);
  a("time", v.time);
}

void fields(auto& a, Is<NodeSeen> auto& v) {
  a("call", v.call);
  a("time", v.time);
  a("node", v.node);
  a.when(!v.faults.empty(), "faults", v.faults);
}

void fields(auto& a, Is<AgentEnded> auto& v) {
  a("call", v.call);
  a("node", v.node);
  a.when(v.signal != 0, "signal", v.signal);
  a.when(!v.not_saved.empty(), "not_saved", v.not_saved);
  a.when(v.attempt > 0, "attempt", v.attempt);
}

void fields(auto& a, Is<RunEnded> auto& v) {
  a("status", v.status);
  a("exit_code", v.exit_code);
  a("ended", v.ended);
  a.when(v.attempt > 0, "attempt", v.attempt);
}

void fields(auto& a, Is<WorkerStarted> auto& v) {
  a("launch", v.launch);
  a("node", v.node);
  a("context", v.context);
  a.when(!v.ranks.empty(), "ranks", v.ranks);
  a.when(!v.processes.empty(), "processes", v.processes);
  a.when(v.attempt > 0, "attempt", v.attempt);
}

void fields(auto& a, Is<CaseStarted> auto& v) {
  a("case_index", v.case_index);
  a("launch", v.launch);
  a("time", v.time);
  a.when(!v.world.empty(), "world", v.world);
  a.when(v.attempt > 0, "attempt", v.attempt);
}

void fields(auto& a, Is<PhaseStarted> auto& v) {
  a("case_index", v.case_index);
  a("launch", v.launch);
  a("phase", v.phase);
  a.when(v.fraction >= 0 && v.fraction <= 1, "fraction", v.fraction);
  a.when(!v.note.empty(), "note", v.note);
  a.when(!v.world.empty(), "world", v.world);
}

void fields(auto& a, Is<WorkerEnded> auto& v) { a("launch", v.launch); }

void fields(auto& a, Is<JournalMoved> auto& v) {
  a("node", v.node);
  a("folder", v.folder);
  a("reason", v.reason);
}

void fields(auto& a, Is<Heartbeat> auto& v) {
  a("node", v.node);
  a("time", v.time);
}

void fields(auto& a, Is<Stand> auto& v) {
  a("launch", v.launch);
  a("rank", v.rank);
  a("node", v.node);
  a.when(!v.case_name.empty(), "case", v.case_name);
  a("phase", v.phase);
  a.when(!v.call.empty(), "call", v.call);
  a.when(!v.part.empty(), "part", v.part);
  a("steps", v.steps);
  a.when(!v.part.empty(), "part_steps", v.part_steps);
  a.when(v.expired, "expired", v.expired);
  a("seconds", v.seconds);
  a("busy", v.busy);
}

}  // namespace muster
