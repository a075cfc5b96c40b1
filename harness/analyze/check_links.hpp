// Links against each other: which node, NIC or single link is slow, from the matrices of the link search.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/findings.hpp"

namespace muster {

/// As the link search's own: pairs that stay this far below the usual rate are measured again by it.
inline constexpr double link_margin = 0.10;

/// What a matrix of pairs says. A node's own part is the median over its partners, and is taken out first:
/// slow with everybody is the node (on one rail: its NIC), slow together only is the link.
struct LinkJudgement {
  struct Node {
    std::size_t node = 0;
    double deviation = 0, z = 0, rate = 0;  ///< rate: the median over its partners
  };
  struct Link {
    std::size_t a = 0, b = 0;
    double deviation = 0, z = 0, rate = 0, expected = 0;  ///< deviation: with both ends' own parts taken out
  };
  double usual = 0;  ///< the median over all pairs
  std::size_t pairs = 0;
  std::vector<Node> nodes;
  std::vector<Link> links;
};

/// `matrix`: of the same rows and columns; where a pair has two entries, the slower one counts. A node takes
/// part with three partners at least. `margin`: relative.
LinkJudgement judge_links(Matrix const& matrix, double margin);

/// Of every matrix of pairs in the document. `second`: measured again; null where there is none.
std::vector<CheckFinding> link_findings(Document const& document, Document const* second);

struct LinkCoverage {
  int measured = 0, judged = 0;  ///< different pairs; judged: those with enough others to be judged by
  std::set<std::string> rows;    ///< both ends of judged pairs, as matrices name them
  std::set<std::size_t> cases;   ///< by index: with judged pairs
};
LinkCoverage link_coverage(Document const& document);

}  // namespace muster
