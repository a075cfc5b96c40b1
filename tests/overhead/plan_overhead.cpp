// What planning costs: 10,000 cases from one sweep, and from as many entries. Prints one line each and ends
// with 1 when one takes a second or more.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "harness/plan/planner.hpp"

namespace muster {
namespace {

constexpr int cases = 10'000;

std::string one_sweep() {
  std::string sizes;
  for (int i = 1; i <= cases / 4; ++i) sizes += std::to_string(16 * i) + ",";
  return "[[case]]\nworkload = 'gemm'\nparams.type = ['fp64', 'fp32']\nparams.n = [1024, 2048]\nparams.m = "
         "[" +
         sizes + "]\n";
}

std::string many_entries() {
  std::string text;
  for (int i = 1; i <= cases; ++i) text += fmt::format("[[case]]\nworkload = 'gemm'\nparams.m = {}\n", i);
  return text;
}

/// Reads, checks, expands and filters, as `muster run --dry-run` does.
double seconds_to_plan(std::filesystem::path const& file) {
  PlanOptions options;
  options.filter = "gemm/.*/k:";
  auto const start = std::chrono::steady_clock::now();
  auto const plan = make_plan(file, Registry::instance(), {"host", 1, 2}, options);
  double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return plan.cases.size() == cases ? seconds : -1;
}

bool fast_enough(std::string const& what, std::string const& text) {
  auto const file = std::filesystem::temp_directory_path() / fmt::format("muster-plan-{}.toml", getpid());
  std::ofstream(file) << text;
  double const seconds = seconds_to_plan(file);
  std::filesystem::remove(file);
  fmt::print("planning {} cases from {}: {:.3f} s (limit 1 s)\n", cases, what, seconds);
  return seconds >= 0 && seconds < 1;
}

}  // namespace
}  // namespace muster

int main() {
  bool const sweep = muster::fast_enough("one sweep", muster::one_sweep());
  bool const entries = muster::fast_enough("as many entries", muster::many_entries());
  return sweep && entries ? 0 : 1;
}
