// The workload dataload/decode on the host.
#pragma once
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/stages_host.hpp"

namespace muster::dataload {

class DecodeInstance : public Instance {
 public:
  DecodeInstance(Params const& params, Context& context);
  void launch() override;
  Work work() const override;
  Verdict verify() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }

  DecodeStage& stage() { return stage_; }

 private:
  Options options_;
  RecordSet set_;
  DecodeStage stage_;
  bool launched_ = false;
};

}  // namespace muster::dataload
