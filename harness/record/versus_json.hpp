// versus.json: what an A/B run is to do and how far it is; and the plans of its arms.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/versus.hpp"

namespace muster {

std::string to_json(Versus const& versus);
/// Throws Error(usage) with the position or the path of what is wrong.
Versus versus_from_json(std::string_view text);

/// The plan in `text`, which any muster of this major version may have written, with these cases only and
/// one launch of each; what is not known here stays as it is. Throws Error(usage).
std::string plan_part(std::string_view text, std::vector<std::string> const& cases);

}  // namespace muster
