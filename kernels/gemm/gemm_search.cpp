#include "kernels/gemm/gemm_search.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "kernels/contract/backend.hpp"

namespace muster {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The case of the shape that was found, which knows what the search found.
class GemmSearch final : public Instance {
 public:
  GemmSearch(std::unique_ptr<Instance> found, SearchResult const& result, std::uint64_t in_range,
             std::string library)
      : found_(std::move(found)), result_(result), in_range_(in_range), library_(std::move(library)) {}

  void reset() override { found_->reset(); }
  void launch() override { found_->launch(); }
  Work work() const override { return found_->work(); }
  Regime regime() const override { return found_->regime(); }
  bool recordable() const override { return found_->recordable(); }
  std::uint64_t period() const override { return found_->period(); }
  Verdict verify() override { return found_->verify(); }
  std::optional<Bound> bound() override { return found_->bound(); }

  /// Ranks may find different shapes, whose results are not to be compared.
  std::optional<Fingerprint> fingerprint() override {
    auto fingerprint = found_->fingerprint();
    if (fingerprint) fingerprint->made_by += ", shape " + to_string(result_.best);
    return fingerprint;
  }

  std::vector<Figure> figures() override {
    auto figures = found_->figures();
    figures.push_back({"best_rate_in_search", result_.rate, "FLOP/s"});
    figures.push_back({"shapes_tried", static_cast<double>(result_.tried), ""});
    figures.push_back({"shapes_in_range", static_cast<double>(in_range_), ""});
    figures.push_back({"best_m", static_cast<double>(result_.best.m), ""});
    figures.push_back({"best_n", static_cast<double>(result_.best.n), ""});
    figures.push_back({"best_k", static_cast<double>(result_.best.k), ""});
    return figures;
  }

  std::vector<std::pair<std::string, std::string>> facts() override {
    auto facts = found_->facts();
    facts.emplace_back("shape", to_string(result_.best));
    facts.emplace_back("searched_with", library_);
    facts.emplace_back("budget_cut_short", result_.cut_short ? "yes" : "no");
    return facts;
  }

 private:
  std::unique_ptr<Instance> found_;
  SearchResult result_;
  std::uint64_t in_range_;
  std::string library_;
};

GemmProblem largest_problem(Params const& params, ShapeRange const& range, std::uint64_t seed) {
  auto const side = range.side(range.sides() - 1);
  return gemm_problem(gemm_params(params, {side, side, side}), seed);
}

}  // namespace

Params gemm_params(Params const& search, Shape const& shape) {
  Params params;
  params.set("type", search.text("type"));
  params.set("m", shape.m);
  params.set("n", shape.n);
  params.set("k", shape.k);
  params.set("layout", search.text("layout"));
  params.set("batch", std::int64_t{1});
  params.set("dist", "normal");
  params.set("algorithm", "tuned");
  params.set("regime", search.text("regime"));
  return params;
}

std::unique_ptr<Instance> make_gemm_search(Params const& params, Context& context, BenchMaker make_bench) {
  ShapeRange const range{params.integer("low"), params.integer("high"), params.integer("step")};
  SearchResult result;
  std::string library;
  {
    auto const bench = make_bench(largest_problem(params, range, context.seed), context);
    library = bench->library();
    result =
        search_shapes(range, [&](Shape const& shape) { return bench->rate(shape); },
                      {.budget_seconds = params.real("budget"), .now = &now, .progress = context.progress});
  }  // gives its operands back before the case allocates its own
  if (result.rate <= 0) {
    throw Unsupported(
        fmt::format("no shape from {} to {} can be multiplied in {} (layout {}) use another type or range",
                    range.low, range.high, params.text("type"), params.text("layout")));
  }
  if (result.cut_short) {
    context.note(
        fmt::format("the search's budget of {} s was too short for its plan ({} shapes were tried); raise "
                    "`budget`, or narrow the range",
                    params.real("budget"), result.tried));
  }
  auto found = MakerTable::instance().find("gemm")(gemm_params(params, result.best), context);
  return std::make_unique<GemmSearch>(std::move(found), result, range.shapes(), std::move(library));
}

}  // namespace muster
