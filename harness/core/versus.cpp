#include "harness/core/versus.hpp"

namespace muster {

std::string_view name(Arm arm) { return arm == Arm::base ? "base" : "new"; }

}  // namespace muster
