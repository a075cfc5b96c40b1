#include "harness/report/page/case_figures.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"
#include "harness/report/case_words.hpp"

namespace muster {
namespace {

std::string product_name(CaseResult const& result) {
  auto const m = parameter(result, "m"), n = parameter(result, "n"), k = parameter(result, "k");
  auto const shape = m == n && n == k ? m + "³" : fmt::format("{} × {} × {}", m, n, k);
  return fmt::format("{} {}", parameter(result, "type"), shape);
}

/// "bytes:1073741824" -> "1 GiB", "batch:256" -> "batch 256".
std::string spoken_part(std::string const& part) {
  auto const colon = part.find(':');
  if (colon == std::string::npos) return part;
  auto const key = part.substr(0, colon), value = part.substr(colon + 1);
  bool const size = key == "bytes" || key == "block";
  auto const bytes = size ? parse_bytes(value) : std::nullopt;
  if (!bytes) return key + " " + value;
  auto const words = human_bytes(static_cast<std::uint64_t>(*bytes));
  return key == "bytes" ? words : key + " " + words;
}

/// Without the family that the name begins with.
std::string spoken_parts(std::string const& name) {
  std::string text;
  for (std::size_t start = name.find('/') + 1; start != 0 && start <= name.size();) {
    auto const end = std::min(name.find('/', start), name.size());
    text += (text.empty() ? "" : " ") + spoken_part(name.substr(start, end - start));
    start = end + 1;
  }
  return text.empty() ? name : text;
}

}  // namespace

bool is_clean(CaseResult const& result) {
  return result.status == CaseStatus::ok && result.tainted.empty() && !result.launches.empty();
}

bool is_verified(CaseResult const& result) {
  return result.status == CaseStatus::ok && result.verification.status == Verdict::Status::pass;
}

std::optional<double> figure_value(CaseResult const& result) {
  if (result.status != CaseStatus::ok || result.launches.empty()) return std::nullopt;
  return median(launch_medians(result));
}

std::string parameter(CaseResult const& result, std::string_view name) {
  return result.params.has(name) ? to_string(result.params.at(name)) : "";
}

std::optional<double> number_parameter(CaseResult const& result, std::string_view name) {
  if (!result.params.has(name)) return std::nullopt;
  auto const& value = result.params.at(name);
  if (auto const* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (auto const* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

std::string spoken_name(CaseResult const& result) {
  bool const product = result.workload == "gemm" && result.params.has("type") && result.params.has("m") &&
                       result.params.has("n") && result.params.has("k");
  if (product) return product_name(result);
  return family_of(result) == "other" ? result.name : spoken_parts(result.name);
}

std::string spoken_figure(CaseResult const& result) {
  auto const value = figure_value(result);
  if (!value) return std::string(words(result.status));
  auto text = human(*value, result.metric.unit);
  if (!result.bound || !result.percent_of_bound) return text;
  text += ", " + share_words(result);
  if (result.percent_at_clock)
    text += fmt::format("; {:.0f} % at the clock that it ran at", *result.percent_at_clock);
  return text;
}

}  // namespace muster
