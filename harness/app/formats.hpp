// Output formats on standard output, and the command line as it was given.
#pragma once
#include <string>
#include <vector>

#include "harness/report/table.hpp"

namespace muster {

Format format_named(std::string const& name);  ///< one of the four; the command line has checked it
void print_table(Table const& table, Format format);
std::vector<std::string> given_arguments();  ///< from /proc/self/cmdline

}  // namespace muster
