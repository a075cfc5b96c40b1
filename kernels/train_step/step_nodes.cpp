#include "kernels/train_step/step_nodes.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/collective/collective_instance.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/train_step/step_members.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train {
namespace {

/// A device keeps communicators for the next case. Those of some ranks are no good for others: they end where
/// this one begins, on all ranks, and where it ends.
class NoneKept {
 public:
  explicit NoneKept(Device& device) : device_(device) { let_go(); }
  NoneKept(NoneKept const&) = delete;
  NoneKept& operator=(NoneKept const&) = delete;
  ~NoneKept() { let_go(); }

 private:
  void let_go() { device_.kept(kept_communicators).reset(); }

  Device& device_;
};

class FirstNodes final : public Instance {
 public:
  FirstNodes(int nodes, Params const& params, Context& all, Maker make)
      : nodes_(nodes),
        all_nodes_(all.group.nodes()),
        endurance_(step_options(params).endurance),
        own_(all.group.split(all.group.node() < nodes ? 0 : -1)),
        kept_(all.device) {
    if (own_) {
      context_.emplace(Context{all.device, *own_, all.seed, all.data, all.cache, all.network,
                               all.operation_seconds, all.note, all.progress});
    }
    on_all_ranks(all.group, [&] {
      if (context_) step_ = make(params, *context_);
    });
  }

  void reset() override {
    if (step_) step_->reset();
  }
  void sampling_begins() override {
    if (step_) step_->sampling_begins();
  }
  void launch() override {
    if (step_) step_->launch();
  }
  Work work() const override { return step_ ? step_->work() : Work{}; }
  /// All ranks are sampled alike.
  Regime regime() const override { return endurance_ ? Regime::endurance : Regime::sustained; }
  Verdict verify() override {
    if (step_) return step_->verify();
    return {Verdict::Status::not_applicable, "sits this case out", 0, 0, {}};
  }
  std::optional<Bound> bound() override { return step_ ? step_->bound() : std::nullopt; }
  std::vector<Figure> figures() override { return step_ ? step_->figures() : std::vector<Figure>{}; }
  std::vector<Matrix> matrices() override { return step_ ? step_->matrices() : std::vector<Matrix>{}; }
  std::vector<std::pair<std::string, std::string>> facts() override {
    if (!step_) return {};
    auto facts = step_->facts();
    facts.emplace_back("nodes", fmt::format("the first {} of {}", nodes_, all_nodes_));
    return facts;
  }

 private:
  int nodes_, all_nodes_;
  bool endurance_;
  std::unique_ptr<Group> own_;  ///< null: this rank sits the case out
  std::optional<Context> context_{};
  NoneKept kept_;
  std::unique_ptr<Instance> step_{};
};

}  // namespace

std::unique_ptr<Instance> on_first_nodes(Params const& params, Context& all, Maker make) {
  auto const nodes = params.integer("nodes");
  int const present = all.group.nodes();
  if (nodes == 0 || nodes == present) return make(params, all);
  if (nodes > present)
    throw Unsupported(
        fmt::format("nodes = {} (the case has {}) leave it away, or run on more nodes", nodes, present));
  return std::make_unique<FirstNodes>(static_cast<int>(nodes), params, all, make);
}

}  // namespace muster::train
