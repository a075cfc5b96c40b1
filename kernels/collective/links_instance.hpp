// The case that finds slow links: the search in set-up, then the slowest pair again and again.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/collective/link_meter.hpp"
#include "kernels/collective/link_search.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Makes a backend's side for a problem whose buffers every rank needs, whoever its partner is. May throw on
/// one rank alone.
using MakeLinkSide = std::function<std::unique_ptr<LinkSide>(CollectiveProblem const&)>;

/// The case of either backend. A group call.
std::unique_ptr<Instance> make_links(Params const& params, Context& context, MakeLinkSide const& make_side);

class LinksInstance final : public Instance {
 public:
  LinksInstance(LinkSearch search, LinkPlaces places, CollectiveProblem const& problem, Context& context,
                std::unique_ptr<LinkSide> side);

  void reset() override;
  void launch() override;
  Work work() const override;
  Regime regime() const override { return Regime::pipelined; }
  Verdict verify() override;
  std::optional<Bound> bound() override;
  std::vector<Figure> figures() override;
  std::vector<Matrix> matrices() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  bool tells() const { return world_.rank() == 0; }  ///< what all ranks know is told once
  bool rests() const { return problem_.with.value_or(-1) < 0; }
  void find(Context& context);
  void meet_slowest();
  Verdict check_target();
  Matrix matrix(int rail) const;  ///< -1: the lowest of all rails
  std::string pair_name(NodePair pair) const;
  std::string effort() const;

  LinkSearch search_;
  LinkPlaces places_;
  CollectiveProblem problem_;  ///< its partner is that of the sampled pair
  Group& world_;
  Device& device_;
  Network network_;
  std::unique_ptr<LinkSide> side_;
  LinkMeter meter_;
  LinkReport report_;
  bool launched_ = false;  ///< since the target was spoilt
  std::uint64_t compared_ = 0, wrong_samples_ = 0;
};

}  // namespace muster
