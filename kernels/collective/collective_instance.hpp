// What the collective cases of both backends share: who takes part, when results are checked, and what is
// told of them. Each backend adds buffers and the operation itself.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/collective/collective_check.hpp"
#include "kernels/collective/collective_problem.hpp"
#include "kernels/collective/expected.hpp"
#include "kernels/collective/members.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// One rank's buffers and its part of the operation.
class CollectiveSide {
 public:
  virtual ~CollectiveSide() = default;
  virtual void start() = 0;   ///< the timed call: enqueues the operation
  virtual void refill() = 0;  ///< source as at the beginning, the rest of the buffers unrecognisable
  virtual void spoil() = 0;   ///< the target unrecognisable; out of place only
  /// Holds the target against what is right, enqueued like start(); see wrong_samples().
  virtual void compare() = 0;
  virtual std::uint64_t wrong_samples() = 0;          ///< of those compared so far; waits
  virtual std::vector<SegmentFault> check_all() = 0;  ///< of the target as it is now; waits
  virtual bool recording() const { return false; }    ///< are launches being recorded now?
  virtual std::optional<Bound> expected(Topology topology) = 0;
  virtual std::vector<Figure> figures() { return {}; }
  virtual std::vector<std::pair<std::string, std::string>> facts() { return {}; }
};

struct CollectiveTiming {
  Regime regime = Regime::pipelined;
  bool graphs = false;  ///< operations are repeated from a recording
};

/// From a case's parameters `timing` and `graph`.
CollectiveTiming collective_timing(Params const& params);

/// Sets up on all ranks or on none: a rank that throws does so after the others know, who throw PeerFault.
/// A group call of the world.
void on_all_ranks(Group& world, std::function<void()> const& step);

class CollectiveInstance final : public Instance {
 public:
  /// `side` null: this rank sits the case out.
  CollectiveInstance(CollectiveProblem const& problem, Members members, CollectiveTiming timing,
                     Context& context, std::unique_ptr<CollectiveSide> side);

  // What the last sample left is checked where it can be, untimed, before the next one is prepared.
  void reset() override;
  void launch() override;
  Work work() const override;
  Regime regime() const override { return timing_.regime; }
  bool recordable() const override { return timing_.graphs; }
  bool must_record() const override { return timing_.graphs; }
  Verdict verify() override;
  std::optional<Bound> bound() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  /// That have run since the buffers were filled: 0, 1, or 2 for more.
  std::uint64_t operations() const;
  bool checkable() const;  ///< is what the target holds now the result of one operation on known data?
  void prepare();          ///< for new samples
  Verdict verdict();
  void measure_wire();
  Topology topology();
  double share_of_node() const;

  CollectiveProblem problem_;
  Members members_;  ///< before the side: it may hold the group
  CollectiveTiming timing_;
  Group& world_;
  Network network_;
  Device& device_;
  std::unique_ptr<CollectiveSide> side_;
  std::uint64_t launches_ = 0;  ///< since the buffers were filled
  std::uint64_t compared_ = 0;  ///< samples whose results were checked
  bool recorded_ = false;       ///< launches are repeated without launch()
  bool ran_ = false;            ///< recorded_: has a sample begun since the buffers were filled?
  double sent_bytes_ = 0;       ///< measured, of one operation on this node; 0: not known
};

}  // namespace muster
