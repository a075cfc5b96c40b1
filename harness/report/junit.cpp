#include "harness/report/junit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/report/comparison_table.hpp"

namespace muster {
namespace {

std::string_view escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    default:
      return {};
  }
}

bool is_undecided(CaseVerdict verdict) {
  return verdict == CaseVerdict::inconclusive || verdict == CaseVerdict::suspect ||
         verdict == CaseVerdict::incomparable || verdict == CaseVerdict::tainted ||
         verdict == CaseVerdict::unsupported || verdict == CaseVerdict::added;
}

std::string figures_words(CaseComparison const& one) {
  if (!one.ratio) return one.reason;
  return fmt::format("{:.4f} of the base [{:.4f}, {:.4f}]; {}", *one.ratio, one.ratio_interval->low,
                     one.ratio_interval->high, one.reason);
}

std::string test(CaseComparison const& one, bool failed) {
  auto const head = fmt::format(R"(    <testcase classname="{}" name="{}")", xml_escaped(one.workload),
                                xml_escaped(one.name));
  auto const text = xml_escaped(figures_words(one)), type = xml_escaped(std::string(name(one.verdict)));
  if (failed) return fmt::format("{}><failure type=\"{}\" message=\"{}\"/></testcase>\n", head, type, text);
  if (is_undecided(one.verdict))
    return fmt::format("{}><skipped message=\"{}: {}\"/></testcase>\n", head, type, text);
  return fmt::format("{}><system-out>{}: {}</system-out></testcase>\n", head, type, text);
}

std::string properties(Comparison const& comparison) {
  auto const line = [](std::string const& name, std::string const& value) {
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml_escaped(name), xml_escaped(value));
  };
  auto text = "    <properties>\n" + line("comparability", std::string(name(comparison.comparability)) +
                                                               (comparison.forced ? ", forced" : ""));
  for (auto const& one : comparison.differences) text += line(one.what, one.base + " -> " + one.candidate);
  return text + "    </properties>\n";
}

std::string suite(Comparison const& comparison,
                  std::function<bool(Comparison const&, CaseComparison const&)> const& fails) {
  std::string tests;
  int failures = 0, skipped = 0;
  for (auto const& one : comparison.cases) {
    bool const failed = fails(comparison, one);
    failures += failed;
    skipped += !failed && is_undecided(one.verdict);
    tests += test(one, failed);
  }
  return fmt::format(
      "  <testsuite name=\"{} against {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
      "skipped=\"{}\">\n{}{}  </testsuite>\n",
      xml_escaped(comparison.candidate.label), xml_escaped(comparison.base.label), comparison.cases.size(),
      failures, skipped, properties(comparison), tests);
}

}  // namespace

std::string xml_escaped(std::string const& text) {
  std::string result;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (auto const escaped = escape(c); !escaped.empty()) {
      result += escaped;
    } else {
      result += (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f ? "\xEF\xBF\xBD"
                                                                                     : std::string(1, c);
    }
  }
  return result;
}

std::string comparison_junit(std::vector<Comparison> const& comparisons,
                             std::function<bool(Comparison const&, CaseComparison const&)> const& fails) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"muster compare\">\n";
  for (auto const& comparison : comparisons) text += suite(comparison, fails);
  return text + "</testsuites>\n";
}

}  // namespace muster
