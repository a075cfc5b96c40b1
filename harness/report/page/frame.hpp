// What every page has around its content: a file that loads nothing and runs nothing.
#pragma once
#include <string>

#include "harness/report/markup.hpp"

namespace muster {

/// `links`: items of a list.
Markup navigation(Markup const& links);

std::string whole_page(std::string const& title, Markup const& content);

}  // namespace muster
