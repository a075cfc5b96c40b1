// Names of cases and parts in columns that are narrower than they are.
#pragma once
#include <string_view>

#include "harness/report/markup.hpp"

namespace muster {

/// A line may end after each '/' and ':' in it, as well as where any text may; nowhere within a word. The
/// identifier of a GPU, which stands in brackets behind its name, gets the class "uuid".
Markup breakable(std::string_view text);

}  // namespace muster
