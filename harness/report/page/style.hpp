// The page's style sheet.
#pragma once
#include "harness/report/markup.hpp"

namespace muster {

/// Light, dark and paper; phones and desks; what is told by colour is told by shape, dashes or hatching too.
Markup page_style();

/// Hatchings that bars are filled with, once for all drawings of a page.
Markup page_patterns();

}  // namespace muster
