#include "harness/app/project_validate.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/plan/validation_file.hpp"
#include "harness/report/validation_table.hpp"

namespace muster {
namespace {

std::vector<std::filesystem::path> chosen(std::vector<std::string> const& files) {
  if (files.empty()) return validation_files(configs_folder() / "validation");
  return {files.begin(), files.end()};
}

void print(Validation const& validation, Format format) {
  if (format == Format::table) return fmt::print("{}", validation_text(validation));
  print_table(validation_table(validation), format);
  say(validation_summary(validation));
}

}  // namespace

ExitCode run_validation(std::vector<std::string> const& files, project::ValidateOptions const& options,
                        std::string const& format) {
  if (format_named(format) == Format::json)
    throw Error(ExitCode::usage,
                "--validate has no JSON (it is a test of the model, no projection) use --format csv");
  auto const validation =
      project::validate(read_validations(chosen(files), configs_folder() / "clusters"), options);
  print(validation, format_named(format));
  if (validation.known.points == 0) return ExitCode::inconclusive;
  return validation.known.passes() ? ExitCode::ok : ExitCode::gate_failed;
}

}  // namespace muster
