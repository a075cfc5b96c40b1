#include "harness/core/drain_line.hpp"

#include <fmt/format.h>

#include <string_view>

#include "harness/core/job_values.hpp"

namespace muster {
namespace {

constexpr std::size_t longest = 200;
constexpr std::string_view plain = "_.,:()/+-% ";

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         plain.find(c) != std::string_view::npos;
}

std::string reason_of(std::vector<std::string> const& reasons) {
  std::string text = "muster";
  for (auto const& reason : reasons) text += (text == "muster" ? ": " : ", ") + reason;
  for (char& c : text) {
    if (c == ';') c = ',';
    if (!is_plain(c)) c = '?';
  }
  return text.size() > longest ? text.substr(0, longest - 3) + "..." : text;
}

}  // namespace

std::optional<std::string> drain_line(std::string const& node, std::vector<std::string> const& reasons) {
  if (objection(JobValue::name, node)) return std::nullopt;
  return fmt::format("scontrol update NodeName={} State=DRAIN Reason=\"{}\"", node, reason_of(reasons));
}

}  // namespace muster
