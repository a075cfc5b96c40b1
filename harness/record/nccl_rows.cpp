#include "harness/record/nccl_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "kernels/contract/collective.hpp"

namespace muster {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

/// Longest first where one is part of another.
constexpr std::array<Names, 19> operations{{{"reduce_scatter", "reduce_scatter"},
                                            {"reducescatter", "reduce_scatter"},
                                            {"all_reduce", "all_reduce"},
                                            {"allreduce", "all_reduce"},
                                            {"all_gather", "all_gather"},
                                            {"allgather", "all_gather"},
                                            {"alltoallv", "all_to_all_v"},
                                            {"all_to_all_v", "all_to_all_v"},
                                            {"alltoall", "all_to_all"},
                                            {"all_to_all", "all_to_all"},
                                            {"sendrecv", "send_recv"},
                                            {"send_recv", "send_recv"},
                                            {"hypercube", "hypercube"},
                                            {"broadcast", "broadcast"},
                                            {"bcast", "broadcast"},
                                            {"scatter", "scatter"},
                                            {"gather", "gather"},
                                            {"reduce", "reduce"},
                                            {"unknown", "unknown"}}};

constexpr std::array<Names, 8> types{{{"half", "float16"},
                                      {"float", "float32"},
                                      {"double", "float64"},
                                      {"f8e4m3", "float8_e4m3"},
                                      {"f8e5m2", "float8_e5m2"},
                                      {"fp8_e4m3", "float8_e4m3"},
                                      {"fp8_e5m2", "float8_e5m2"},
                                      {"char", "int8"}}};

std::string operation_of(std::string const& program) {
  for (auto const& [theirs, ours] : operations) {
    if (program.find(theirs) != std::string::npos) return std::string(ours);
  }
  return "unknown";
}

std::string type_of(std::string const& type) {
  auto const found = std::ranges::find(types, type, &Names::first);
  return found == types.end() ? type : std::string(found->second);
}

/// Absent for operations of nccl-tests that are none of ours.
std::optional<Operation> known(std::string const& operation) {
  for (std::size_t i = 0; i < operation_count; ++i) {
    if (name(static_cast<Operation>(i)) == operation) return static_cast<Operation>(i);
  }
  return std::nullopt;
}

void set_params(CaseResult& about, std::string const& operation, NcclRow const& row) {
  auto const reduction = row.reduction == "mulsum" ? "premul_sum" : row.reduction;
  about.workload = "collective/" + operation;
  about.name = about.workload + "/" + type_of(row.type);
  about.params.set("type", type_of(row.type));
  if (!reduction.empty() && reduction != "none") {
    about.params.set("reduction", reduction);
    if (reduction != "sum") about.name += "/" + reduction;
  }
  about.params.set("placement", std::string(row.in_place ? "in_place" : "out_of_place"));
  if (row.in_place) about.name += "/in_place";
  if (row.root > 0) {
    about.params.set("root", std::int64_t{row.root});
    about.name += fmt::format("/root:{}", row.root);
  }
  about.params.set("bytes", static_cast<std::int64_t>(row.bytes));
  about.name += fmt::format("/bytes:{}", row.bytes);
}

Verdict verdict_of(double wrong) {
  if (std::isnan(wrong))
    return {Verdict::Status::skipped, "nccl-tests did not check this (-c 0, or no form of it is checked)", 0,
            0, ""};
  return Verdict::judge("nccl-tests: elements that differ from its own result", wrong, 0,
                        fmt::format("{} elements wrong", wrong));
}

/// B/s.
double bus_bandwidth(std::string const& operation, int ranks, NcclRow const& row, double seconds) {
  auto const ours = known(operation);
  bool const exact = ours && *ours != Operation::all_to_all_v && ranks > 1 && !row.cpu_time;
  return exact ? static_cast<double>(row.bytes) / seconds * bus_factor(*ours, ranks) : row.bus_gb * 1e9;
}

void judge(ForeignRow& result, NcclRow const& row) {
  auto& about = result.about;
  if (row.wrong > 0) {
    about.status = CaseStatus::wrong;
    about.message = about.verification.detail;
  } else if (!std::isfinite(result.value) || !(row.microseconds > 0) || !(result.value > 0)) {
    about.status = CaseStatus::internal;
    about.message =
        fmt::format("time {} us, bus bandwidth {} GB/s (nothing was measured, or it was rounded to 0)",
                    row.microseconds, row.bus_gb);
  }
}

}  // namespace

ForeignRow nccl_row(NcclRun const& run, NcclRow const& row) {
  ForeignRow result;
  auto const operation = operation_of(run.program);
  auto& about = result.about;
  set_params(about, operation, row);
  about.backend = "cuda";
  about.ranks = std::max(run.ranks, 1);
  about.metric = {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher};
  about.status = CaseStatus::ok;
  about.verification = verdict_of(row.wrong);
  result.run = run.number;
  result.seconds = row.microseconds * 1e-6;
  result.value = bus_bandwidth(operation, run.ranks, row, result.seconds);
  result.iterations = 1;
  result.figures = {{row.cpu_time ? "cpu_time" : "time", result.seconds, "s"},
                    {"algorithm_bandwidth", row.algorithm_gb * 1e9, "B/s"},
                    {"message_bytes", static_cast<double>(row.bytes), "B"},
                    {"count", static_cast<double>(row.count), ""}};
  std::erase_if(result.figures, [](Figure const& figure) { return !std::isfinite(figure.value); });
  judge(result, row);
  return result;
}

void add_nccl_device(Document& document, std::string const& host, int device, std::string const& pci,
                     std::string const& name) {
  auto node = std::ranges::find(document.nodes, host, &Node::name);
  if (node == document.nodes.end()) {
    document.nodes.emplace_back().name = host;
    node = std::prev(document.nodes.end());
  }
  node->gpus.push_back({"cuda", device, name, "", pci, 0, 0, {}});
}

std::string nccl_version_words(int version) {
  int const scale = version >= 10000 ? 10000 : 1000;
  return fmt::format("{}.{}.{}", version / scale, version % scale / 100, version % 100);
}

void note_nccl_limits(ForeignResult& result) {
  auto const unchecked = std::ranges::count_if(result.rows, [](ForeignRow const& row) {
    return row.about.verification.status == Verdict::Status::skipped;
  });
  if (unchecked > 0) {
    result.notes.push_back(fmt::format(
        "{} of {} rows were not checked by nccl-tests (-c 0, or operations that it does not check in place): "
        "no clean figures",
        unchecked, result.rows.size()));
  }
  bool const unknown = std::ranges::any_of(
      result.rows, [](ForeignRow const& row) { return row.about.workload == "collective/unknown"; });
  if (unknown) {
    result.notes.push_back(
        "which collective it was does not stand in it (older nccl-tests) name the file after it: "
        "all_reduce.txt");
  }
}

}  // namespace muster
