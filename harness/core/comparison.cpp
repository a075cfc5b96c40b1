#include "harness/core/comparison.hpp"

namespace muster {

std::string_view name(CaseVerdict verdict) {
  switch (verdict) {
    case CaseVerdict::regressed:
      return "regressed";
    case CaseVerdict::improved:
      return "improved";
    case CaseVerdict::slower:
      return "slower";
    case CaseVerdict::faster:
      return "faster";
    case CaseVerdict::small:
      return "small";
    case CaseVerdict::equivalent:
      return "equivalent";
    case CaseVerdict::suspect:
      return "suspect";
    case CaseVerdict::inconclusive:
      return "inconclusive";
    case CaseVerdict::tainted:
      return "tainted";
    case CaseVerdict::failed:
      return "failed";
    case CaseVerdict::unsupported:
      return "unsupported";
    case CaseVerdict::missing:
      return "missing";
    case CaseVerdict::added:
      return "added";
    case CaseVerdict::incomparable:
      return "incomparable";
  }
  return "inconclusive";
}

std::string_view name(Comparability level) {
  switch (level) {
    case Comparability::identical:
      return "identical";
    case Comparability::compatible:
      return "compatible";
    case Comparability::incomparable:
      return "incomparable";
  }
  return "incomparable";
}

}  // namespace muster
