#include "harness/app/container_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "harness/core/error.hpp"
#include "harness/core/job_values.hpp"

namespace muster {
namespace {

CLI::Validator of_kind(JobValue kind, std::string const& description) {
  auto const check = [kind](std::string& text) {
    auto const fault = objection(kind, text);
    return fault ? fmt::format("{} is not possible {}", in_quotes(text), *fault) : std::string();
  };
  return CLI::Validator(check, description);
}

}  // namespace

void add_container_options(CLI::App& command, ContainerSettings& settings) {
  constexpr char const* group = "Steps in a container (launcher srun)";
  auto const choose = [&settings](std::string const& name) {
    settings.runtime = name == "pyxis"       ? ContainerRuntime::pyxis
                       : name == "apptainer" ? ContainerRuntime::apptainer
                                             : ContainerRuntime::none;
  };
  command
      .add_option_function<std::string>("--container-runtime", choose,
                                        "what starts it; pyxis is a plug-in of srun")
      ->check(CLI::IsMember({"none", "pyxis", "apptainer"}))
      ->type_name("")
      ->group(group);
  command
      .add_option("--container-image", settings.image,
                  "for pyxis as enroot names it, for Apptainer a path or URI")
      ->check(of_kind(JobValue::image, "IMAGE"))
      ->type_name("")
      ->group(group);
  command.add_option("--container-mount", settings.mounts, "what a step sees of the node; may be repeated")
      ->check(of_kind(JobValue::mount, "SOURCE:TARGET[:FLAGS]"))
      ->type_name("")
      ->allow_extra_args(false)
      ->group(group);
}

void check_container(ContainerSettings const& settings) {
  bool const entered = settings.runtime != ContainerRuntime::none;
  if (entered && settings.image.empty())
    throw Error(ExitCode::usage,
                "--container-runtime is given without --container-image (nothing to run in) name an image");
  if (!entered && (!settings.image.empty() || !settings.mounts.empty()))
    throw Error(ExitCode::usage,
                "--container-image or --container-mount is given without --container-runtime (nothing "
                "enters the container) add --container-runtime pyxis or apptainer");
}

}  // namespace muster
