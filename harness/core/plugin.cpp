#include "harness/core/plugin.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>
#include <system_error>

#include "harness/core/build_info.hpp"
#include "harness/core/error.hpp"
#include "kernels/contract/backend.hpp"

namespace muster {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(std::string const& message) { throw Error(ExitCode::infrastructure, message); }

}  // namespace

fs::path program_folder() {
  std::error_code error;
  auto const program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path() : program.parent_path();
}

fs::path find_plugin(std::string const& name) { return find_helper_program("libmuster_" + name + ".so"); }

fs::path find_helper_program(std::string const& file) {
  std::error_code unreadable;  // a folder that cannot be read does not have it
  if (char const* folder = std::getenv("MUSTER_PLUGIN_DIR")) {
    return fs::exists(fs::path(folder) / file, unreadable) ? fs::path(folder) / file : fs::path();
  }
  auto const program = program_folder();
  auto const beside = program.parent_path() / "lib";
  for (auto const& folder : {program, beside, beside / "muster", program / "lib"}) {
    if (fs::exists(folder / file, unreadable)) return folder / file;
  }
  return {};
}

void check_plugin(std::string const& name, int version, char const* build) {
  // The contract's version comes first: only behind the same one do the other members mean anything.
  if (version != contract_version) {
    fail(fmt::format(
        "the {} plug-in's contract is version {}, this program's is {}: build or install both anew", name,
        version, contract_version));
  }
  if (std::string_view(build) != build_info().id) {
    fail(fmt::format(
        "the {} plug-in and this program are of different builds ({} and {}): build or install both anew",
        name, build, build_info().id));
  }
}

}  // namespace muster
