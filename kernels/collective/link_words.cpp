// A link search's findings in words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "kernels/collective/link_search.hpp"

namespace muster {

namespace {

using Kind = LinkFinding::Kind;

class Words {
 public:
  Words(LinkSearch const& search, std::vector<std::string> const& names) : search_(search), names_(names) {}

  std::string name(int node) const { return names_.at(static_cast<std::size_t>(node)); }

  /// "node3 - node7", "node3 - node7 on rail 2".
  std::string pair(LinkFinding const& finding) const {
    return fmt::format("{} - {}{}", name(finding.node), name(finding.other), on_rail(finding.rail));
  }

  std::string accusation(LinkFinding const& finding) const {
    auto const reached = fmt::format("{:.0f} % of the usual rate at best", 100 * finding.share);
    switch (finding.kind) {
      case Kind::node:
        return fmt::format("{} is slow with every partner, healthy ones too{}: {}", name(finding.node),
                           search_.rails > 1 ? ", on all rails" : "", reached);
      case Kind::nic:
        return fmt::format(
            "{} is slow on rail {} alone, with healthy partners too (its NIC, or the way to it): {}",
            name(finding.node), finding.rail, reached);
      default:
        return fmt::format("the link {} is slow, though both ends are fast with others: {}", pair(finding),
                           reached);
    }
  }

  std::string unsettled(std::vector<LinkFinding const*> const& findings) const {
    auto const& first = *findings.front();
    auto const more = findings.size() > 1 ? fmt::format(" and {} more pairs", findings.size() - 1) : "";
    return fmt::format("{}{} slow ({:.0f} % of the usual rate at best), and no healthy node to compare with",
                       pair(first) + more, findings.size() > 1 ? " are" : " is", 100 * first.share);
  }

 private:
  static std::string on_rail(int rail) { return rail < 0 ? "" : fmt::format(" on rail {}", rail); }

  LinkSearch const& search_;
  std::vector<std::string> const& names_;
};

}  // namespace

std::vector<std::string> accusations(LinkSearch const& search, LinkReport const& report,
                                     std::vector<std::string> const& names) {
  Words const words(search, names);
  std::vector<std::string> lines;
  std::map<int, std::vector<LinkFinding const*>> unsettled;  // by rail
  for (auto const& finding : report.findings) {
    if (finding.kind == Kind::unsettled) {
      unsettled[finding.rail].push_back(&finding);
    } else if (finding.accuses()) {
      lines.push_back(words.accusation(finding));
    }
  }
  for (auto const& [rail, findings] : unsettled) lines.push_back(words.unsettled(findings));
  return lines;
}

std::string attribution(LinkSearch const& search, LinkReport const& report,
                        std::vector<std::string> const& names) {
  auto const lines = accusations(search, report, names);
  auto text = lines.empty() ? fmt::format("no pair stands out by more than {:.0f} %", 100 * search.margin)
                            : fmt::format("{}", fmt::join(lines, ", and "));
  if (lines.empty() && report.pairs.size() == 1 && search.rails == 1)
    text = "one pair only: nothing to compare it with";
  std::vector<std::string> passed;
  Words const words(search, names);
  for (auto const& finding : report.findings) {
    if (finding.kind == Kind::passing) passed.push_back(words.pair(finding));
  }
  if (!passed.empty()) text += fmt::format(", slow once and not again: {}", fmt::join(passed, ", "));
  return text;
}

}  // namespace muster
