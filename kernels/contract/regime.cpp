#include "kernels/contract/regime.hpp"

#include <stdexcept>

namespace muster {

ParamSpec regime_param() {
  return {
      .name = "regime",
      .kind = ParamSpec::Kind::choice,
      .fallback = "sustained",
      .help =
          "sustained: back to back after a soak; cold: caches evicted before every launch; burst: the first "
          "200 ms after a rest",
      .choices = {"sustained", "cold", "burst"},
      .naming = ParamSpec::Naming::unless_default};
}

Regime regime_of(Params const& params) {
  auto const& text = params.text("regime");
  if (text == "sustained") return Regime::sustained;
  if (text == "cold") return Regime::cold;
  if (text == "burst") return Regime::burst;
  throw std::invalid_argument("'" + text + "' is not a regime");
}

std::string_view name(Regime regime) {
  switch (regime) {
    case Regime::plain:
      return "plain";
    case Regime::pipelined:
      return "pipelined";
    case Regime::isolated:
      return "isolated";
    case Regime::sustained:
      return "sustained";
    case Regime::cold:
      return "cold";
    case Regime::burst:
      return "burst";
    case Regime::endurance:
      return "endurance";
  }
  return "plain";
}

std::uint64_t free_memory_for(Regime regime, Device& device) {
  if (regime == Regime::cold) device.evict_caches();
  return device.free_memory();
}

}  // namespace muster
