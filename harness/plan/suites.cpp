// Suites on disk: which there are, and which one is meant.
#include "harness/plan/find_config.hpp"
#include "harness/plan/planner.hpp"
#include "harness/plan/suite_file.hpp"

namespace muster {

std::vector<std::string> suite_names(std::filesystem::path const& suites_folder) {
  return config_names(suites_folder);
}

std::filesystem::path find_suite(std::string const& name_or_path,
                                 std::filesystem::path const& suites_folder) {
  return find_config("suite", name_or_path, suites_folder);
}

std::string suite_summary(std::filesystem::path const& file) {
  Faults faults(file);
  auto const suite = read_suite(file, faults);
  auto const report = faults.report();
  return report.empty() ? suite.summary : "not usable: " + report.substr(0, report.find('\n'));
}

}  // namespace muster
