#include "harness/analyze/margins.hpp"

#include <cstdint>
#include <variant>

namespace muster {
namespace {

constexpr std::int64_t large_message = std::int64_t{16} << 20;

bool is_latency_bound(Params const& params) {
  if (params.has("timing") && to_string(params.at("timing")) == "isolated") return true;
  if (!params.has("bytes")) return false;
  auto const* bytes = std::get_if<std::int64_t>(&params.at("bytes"));
  return bytes && *bytes < large_message;
}

}  // namespace

double usual_margin(CaseResult const& result) {
  if (result.workload.starts_with("gemm")) return 0.02;
  if (result.workload.starts_with("dataload")) return 0.05;
  if (result.workload.starts_with("collective") && is_latency_bound(result.params)) return 0.10;
  return 0.03;
}

}  // namespace muster
