// Parameters that all workloads have which run a model's network.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/params.hpp"
#include "kernels/dataload/dataload_params.hpp"

namespace muster::train {

/// Model, type, batch, shrink, blocks.
inline std::vector<ParamSpec> model_params(std::string type_help, std::int64_t batch,
                                           std::string batch_help) {
  using Kind = ParamSpec::Kind;
  constexpr auto unless_default = ParamSpec::Naming::unless_default;
  return {{"model",
           Kind::text,
           "",
           "",
           "the model's name; set by the entry's key model",
           {},
           0,
           0,
           ParamSpec::Naming::always,
           true},
          {"type", Kind::choice, "", "bf16", std::move(type_help), {"bf16", "fp32"}},
          {"batch",
           Kind::integer,
           "samples",
           batch,
           std::move(batch_help),
           {},
           0,
           1 << 20,
           batch == 0 ? unless_default : ParamSpec::Naming::always},
          {"shrink",
           Kind::integer,
           "",
           std::int64_t{1},
           "rows, outputs and inputs of every layer are divided by it: a small likeness of the model",
           {},
           1,
           4096,
           unless_default},
          {"blocks",
           Kind::integer,
           "",
           std::int64_t{0},
           "repeats of each of the model's blocks at most; 0: all",
           {},
           0,
           4096,
           unless_default}};
}

/// `by_default`: "input" or "no_input".
inline ParamSpec input_param(std::string by_default) {
  return {"input",
          ParamSpec::Kind::choice,
          "",
          std::move(by_default),
          "batches come from storage, by the model's input profile; no_input: one batch, made once",
          {"input", "no_input"},
          0,
          0,
          ParamSpec::Naming::unless_default};
}

inline ParamSpec graph_param(std::string help) {
  return {
      "graph", ParamSpec::Kind::choice,          "", "no_graph", std::move(help), {"no_graph", "graph"}, 0,
      0,       ParamSpec::Naming::unless_default};
}

inline ParamSpec network_param() {
  return {"network",
          ParamSpec::Kind::text,
          "",
          "",
          "what the model's file says; set by the entry's key model",
          {},
          0,
          0,
          ParamSpec::Naming::never};
}

inline std::vector<ParamSpec> joined(std::vector<std::vector<ParamSpec>> const& parts) {
  std::vector<ParamSpec> specs;
  for (auto const& part : parts) specs.insert(specs.end(), part.begin(), part.end());
  return specs;
}

/// Which pictures; by default those of the model's input profile (input_pictures()).
inline std::vector<ParamSpec> pictures_params() {
  auto specs = dataload::set_params();
  for (auto& spec : specs) {
    bool const images = spec.name == "images";
    spec.fallback = images ? std::int64_t{-1} : std::int64_t{0};
    spec.low = images ? -1 : 0;
    spec.help +=
        images ? "; -1: 2000, of synthetic ones for a camera 64" : "; 0: 500 x 375, a camera's 1280 x 960";
  }
  return specs;
}

/// Records: which, and how they are read. Only the latter is part of names.
inline std::vector<ParamSpec> data_params() {
  return joined({pictures_params(),
                 dataload::reading_params(ParamSpec::Naming::unless_default),
                 {dataload::prefetch_param(), dataload::decoder_param()}});
}

}  // namespace muster::train
