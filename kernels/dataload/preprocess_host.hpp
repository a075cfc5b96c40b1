// The workload dataload/preprocess on the host.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/stages_host.hpp"

namespace muster::dataload {

class PreprocessInstance : public Instance {
 public:
  PreprocessInstance(Params const& params, Context& context);
  void launch() override;
  Work work() const override;
  Verdict verify() override;
  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }

  PreprocessStage& stage() { return stage_; }

 private:
  Options options_;
  RecordSet set_;
  PreprocessStage stage_;
  bool launched_ = false;
};

}  // namespace muster::dataload
