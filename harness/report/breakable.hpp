// Names of cases and parts in columns that are narrower than they are.
#pragma once
#include <string_view>

#include "harness/report/markup.hpp"

namespace muster {

/// A line may end after each '/' in it, and after ':' where what is between the slashes is long, as well as
/// where any text may; nowhere within a word. Even where the style forbids to wrap: not for figures. The
/// identifier of a GPU, which stands in brackets behind its name, gets the class "uuid".
Markup breakable(std::string_view text);

}  // namespace muster
