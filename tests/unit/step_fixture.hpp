// A training step as a document has it: what its table and its part of the page are made from.
#pragma once
#include "harness/core/document.hpp"

namespace muster {

inline CaseResult training_case() {
  CaseResult result;
  result.name = "train_step/resnet-50/fp32/batch:8";
  result.workload = "train_step";
  result.backend = "host";
  result.status = CaseStatus::ok;
  result.ranks = 2;
  result.metric = {"throughput", "samples/s", Quantity::items, Better::higher};
  LaunchFigures launch;
  launch.metric.median = 160;
  result.launches.push_back(launch);
  result.figures = {{"part_input", 0.02, "s"},
                    {"part_forward", 0.02, "s"},
                    {"part_backward", 0.04, "s"},
                    {"part_tensor", 0, "s"},
                    {"part_communication", 0.01, "s"},
                    {"part_optimiser", 0.009, "s"},
                    {"part_checkpoint", 0, "s"},
                    {"part_rest", 0.001, "s"},
                    {"step_mean", 0.1, "s"},
                    {"step_p50", 0.099, "s"},
                    {"step_p99", 0.12, "s"},
                    {"step_max", 0.2, "s"},
                    {"input_alone", 0.09, "s"},
                    {"forward_alone", 0.019, "s"},
                    {"communication_alone", 0.025, "s"},
                    {"reducing", 0.03, "s"},
                    {"communication_hidden", 2.0 / 3, ""},
                    {"communication_slowdown", 0.2, ""},
                    {"compute_slowdown", 0.05, ""},
                    {"limit", 0.092, "s"},
                    {"tail", 0.002, "s"},
                    {"over_limit", 0.087, ""},
                    {"samples_per_second", 160, "samples/s"},
                    {"tokens_per_second", 81920, "tokens/s"},
                    {"model_flop_rate", 2e12, "FLOP/s"},
                    {"model_flop_utilisation", 0.41, ""},
                    {"input_bandwidth", 9e6, "B/s"},
                    {"input_demand", 12e6, "B/s"}};
  result.facts = {{"finding", "input-bound: storage delivers 61 % of demand"},
                  {"slowest_rank", "rank 1: the others wait 5 % of the step for it"},
                  {"steadiness", "steady"}};
  result.matrices = {{"ranks",
                      "s",
                      {"0", "1"},
                      {"step", "compute", "input", "waited", "last"},
                      {0.1, 0.06, 0.02, 0.005, 0.1, 0.1, 0.065, 0.02, 0, 0.9}},
                     {"timeline",
                      "s",
                      {"0 %", "33 %", "67 %"},
                      {"begin", "median", "longest"},
                      {0, 0.1, 0.12, 1, 0.1, 0.2, 2, 0.099, 0.11}}};
  return result;
}

}  // namespace muster
