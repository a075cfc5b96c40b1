#include "kernels/collective/links_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/collective/collective_buffers.hpp"
#include "kernels/collective/collective_instance.hpp"

namespace muster {

namespace {

LinkSearch search_from(Params const& params, LinkPlaces const& places, std::uint64_t seed) {
  return {.nodes = places.nodes(),
          .rails = places.rails,
          .rounds = static_cast<int>(params.integer("rounds")),
          .tournament = params.text("search") == "tournament",
          .margin = params.real("margin"),
          .seed = seed};
}

}  // namespace

std::unique_ptr<Instance> make_links(Params const& params, Context& context, MakeLinkSide const& make_side) {
  auto places = link_places(context.group, short_host_name());
  CollectiveProblem problem{.operation = Operation::pairwise,
                            .type = ElementType::uint64,
                            .bytes = static_cast<std::uint64_t>(params.integer("bytes")),
                            .with = 0,  // whoever it is, the buffers are the same
                            .seed = context.seed,
                            .rank = context.group.rank(),
                            .ranks = context.group.size()};
  std::unique_ptr<LinkSide> side;
  on_all_ranks(context.group, [&] {
    require_work(problem);
    side = make_side(problem);
  });
  auto const search = search_from(params, places, context.seed);
  return std::make_unique<LinksInstance>(search, std::move(places), problem, context, std::move(side));
}

LinksInstance::LinksInstance(LinkSearch search, LinkPlaces places, CollectiveProblem const& problem,
                             Context& context, std::unique_ptr<LinkSide> side)
    : search_(search),
      places_(std::move(places)),
      problem_(problem),
      world_(context.group),
      device_(context.device),
      network_(context.network),
      side_(std::move(side)),
      meter_(places_, problem_, *side_, context) {
  find(context);
  meet_slowest();
}

void LinksInstance::find(Context& context) {
  int done = 0;
  report_ = search_links(search_, [&](Round const& round) {
    if (tells()) {
      double const part = static_cast<double>(done) / most_rounds(search_);
      context.progress(part, fmt::format("round {} of links: {} pairs", ++done, round.size()));
    }
    return meter_.measure(round);
  });
  if (!tells()) return;
  if (auto const note = problem_.rounding_note(); !note.empty()) context.note(note);
  if (places_.idle > 0) {
    context.note(fmt::format("nodes have different numbers of ranks: {} of them have no counterpart and rest",
                             places_.idle));
  }
  for (auto const& line : accusations(search_, report_, places_.names)) context.note(line);
}

void LinksInstance::meet_slowest() {
  problem_.with = meeting_in({report_.slowest().pair}, places_).partner;
  on_all_ranks(world_, [this] { side_->meet(*problem_.with); });
}

void LinksInstance::reset() {
  if (!launched_) return;
  auto const faults = side_->check();
  ++compared_;
  wrong_samples_ += std::ranges::any_of(faults, [](auto const& fault) { return fault.wrong > 0; });
  side_->spoil();
  launched_ = false;
}

void LinksInstance::launch() {
  if (rests()) return;
  side_->start();
  launched_ = true;
}

Work LinksInstance::work() const { return rests() ? Work{} : problem_.work(); }

/// Of a rank of the slowest pair: what it last received, or, where nothing was sampled yet, receives now.
Verdict LinksInstance::check_target() {
  if (!launched_) side_->start();
  device_.wait();
  auto result = judge_result(problem_, segments_of(problem_), side_->check());
  side_->spoil();
  device_.wait();
  launched_ = false;
  return result;
}

// Both ranks of the pair make their exchange before either of them says what it has found.
Verdict LinksInstance::verify() {
  Verdict result{Verdict::Status::not_applicable, "has no counterpart and rests", 0, 0, {}};
  if (meter_.took_part()) result = Verdict::judge("", 0, 0);
  if (!rests()) result = check_target();
  if (result.status != Verdict::Status::not_applicable)
    result.method = "every element, bit by bit, of every pair of the search and after every sample";
  auto const fail = [&](std::string const& what) {
    result.status = Verdict::Status::fail;
    result.error += 1;
    result.detail += (result.detail.empty() ? "" : "; ") + what;
  };
  if (!meter_.wrong().empty()) fail("in the search, " + meter_.wrong());
  if (wrong_samples_ > 0) {
    fail(fmt::format("of {} timed samples {} left a wrong result on rank {}, that came from rank {}",
                     compared_, wrong_samples_, world_.rank(), *problem_.with));
  }
  return result;
}

std::optional<Bound> LinksInstance::bound() {
  if (rests()) return std::nullopt;
  if (places_.one_node) return side_->expected({.ranks = 2, .nodes = 1, .ranks_per_node = 2});
  return side_->expected(
      {.ranks = 2 * places_.rails, .nodes = 2, .ranks_per_node = places_.rails, .network = network_});
}

std::vector<Figure> LinksInstance::figures() {
  if (!tells()) return {};
  return {{"pairs_measured", static_cast<double>(report_.pairs.size()), ""},
          {"rounds", static_cast<double>(report_.rounds), ""},
          {"median_pair", report_.median, "B/s"},
          {"slowest_pair", report_.slowest().lowest(), "B/s"}};
}

Matrix LinksInstance::matrix(int rail) const {
  Matrix result{.name = rail < 0 ? "bandwidth" : fmt::format("bandwidth of rail {}", rail),
                .unit = "B/s",
                .rows = places_.names,
                .columns = places_.names,
                .values = std::vector<double>(places_.names.size() * places_.names.size(), std::nan(""))};
  for (auto const& [pair, rates] : report_.pairs) {
    auto const a = static_cast<std::size_t>(pair.a), b = static_cast<std::size_t>(pair.b);
    double const rate =
        rail < 0 ? *std::ranges::min_element(rates) : rates.at(static_cast<std::size_t>(rail));
    result.values[a * places_.names.size() + b] = result.values[b * places_.names.size() + a] = rate;
  }
  return result;
}

std::vector<Matrix> LinksInstance::matrices() {
  if (!tells()) return {};
  std::vector<Matrix> all{matrix(-1)};
  for (int rail = 0; places_.rails > 1 && rail < places_.rails; ++rail) all.push_back(matrix(rail));
  return all;
}

std::string LinksInstance::pair_name(NodePair pair) const {
  return fmt::format("{} - {}", places_.names.at(static_cast<std::size_t>(pair.a)),
                     places_.names.at(static_cast<std::size_t>(pair.b)));
}

std::string LinksInstance::effort() const {
  int const all = places_.nodes() * (places_.nodes() - 1) / 2;
  return fmt::format("{} of {} pairs in {} rounds, {} rails at once, {} exchanges timed together",
                     report_.pairs.size(), all, report_.rounds, places_.rails, meter_.repetitions());
}

std::vector<std::pair<std::string, std::string>> LinksInstance::facts() {
  if (!tells()) return {};
  std::vector<std::pair<std::string, std::string>> all{
      {"links", attribution(search_, report_, places_.names)},
      {"slowest pair", pair_name(report_.slowest().pair)},
      {"search", effort()}};
  for (auto& fact : side_->facts()) all.push_back(std::move(fact));
  return all;
}

}  // namespace muster
