// Training steps of MLPerf Storage: how long an accelerator computes on a batch, and what a record weighs.
#pragma once
#include <array>
#include <optional>
#include <string_view>

namespace muster::dataload {

struct TrainingModel {
  std::string_view model, accelerator;
  int batch = 1;
  double seconds = 0;  ///< a step takes
  double record_bytes = 0;
  double utilisation = 0;  ///< that a submission has to reach, 0 to 1
};

/// mlcommons/storage, configs/dlio/workload/*.yaml at caa90c9 (v1.0 and v2.0); retinanet on b200 from v3.0
/// (retinanet_b200, 2026), on a100 from a draft of it (c8d70b6, with no utilisation of its own: v3.0's).
inline constexpr std::array training_models{TrainingModel{"resnet50", "a100", 400, 0.435, 114660.07, 0.90},
                                            TrainingModel{"resnet50", "h100", 400, 0.224, 114660.07, 0.90},
                                            TrainingModel{"unet3d", "a100", 7, 0.636, 146600628, 0.90},
                                            TrainingModel{"unet3d", "h100", 7, 0.323, 146600628, 0.90},
                                            TrainingModel{"cosmoflow", "a100", 1, 0.00551, 2828486, 0.70},
                                            TrainingModel{"cosmoflow", "h100", 1, 0.00350, 2828486, 0.70},
                                            TrainingModel{"retinanet", "a100", 16, 0.210, 153600, 0.85},
                                            TrainingModel{"retinanet", "b200", 24, 0.04755, 322957, 0.85}};

/// Absent where none is published.
constexpr std::optional<TrainingModel> training_model(std::string_view model, std::string_view accelerator) {
  for (auto const& known : training_models) {
    if (known.model == model && known.accelerator == accelerator) return known;
  }
  return std::nullopt;
}

}  // namespace muster::dataload
