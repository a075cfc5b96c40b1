// What an entry that names models stands for: one setting of parameters a layer and pass, or, where the
// workload runs whole networks, a model.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "harness/plan/suite_file.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Parameters of cases, and what they stand for: "llama-3-8b/qkv/forward"; the label is "" without a model.
struct LabelledSettings {
  At<Settings> settings;
  std::string label;
};

/// The entry's own params where it names no model; else each of them with m, n, k, layout and batch of every
/// layer and pass of its models, or, of a workload with the parameter `network`, with the name and the
/// network of each (such a workload has to name one). A model is a name in `models` (a folder), or a path,
/// relative to `suite`'s folder. Faults of a model's file are told at the line that names it.
std::vector<LabelledSettings> labelled_settings(Entry const& entry, Workload const& workload,
                                                std::filesystem::path const& suite,
                                                std::filesystem::path const& models, Faults& faults);

}  // namespace muster
