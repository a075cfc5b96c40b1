#include "harness/plan/model_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "harness/plan/planner.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> from_layer{"m", "n", "k", "layout", "batch"};
constexpr std::array<std::string_view, 2> from_network{"model", "network"};

std::optional<fs::path> find_model(At<std::string> const& wanted, fs::path const& suite,
                                   fs::path const& models, Faults& faults) {
  auto const& text = wanted.value;
  bool const is_path = text.find('/') != std::string::npos || text.ends_with(".toml");
  fs::path const file = is_path ? suite.parent_path() / text : models / (text + ".toml");
  std::error_code unreachable;  // then it is no file that could be read
  if (fs::is_regular_file(file, unreachable)) return file;
  faults.add(wanted.line,
             fmt::format("no model '{}' (no such file: {}) use the path of a model's file, or one of those "
                         "that come along ({})",
                         text, file.string(), suggestion(text, suite_names(models))));
  return std::nullopt;
}

std::optional<Model> model_of(At<std::string> const& wanted, fs::path const& suite, fs::path const& models,
                              Faults& faults) {
  auto const file = find_model(wanted, suite, models, faults);
  if (!file) return std::nullopt;
  Faults own(*file);
  auto model = read_model(*file, own);
  if (own.empty()) return model;
  faults.add(wanted.line, fmt::format("model '{}' cannot be used (its file has faults) correct them:\n{}",
                                      wanted.value, own.report()));
  return std::nullopt;
}

void set(At<Settings>& settings, char const* name, Value value) {
  long const line = settings.line;
  settings.value.push_back({{name, line}, {{std::move(value), line}}});
}

At<Settings> with_shape(At<Settings> settings, Shape const& shape) {
  set(settings, "m", shape.m);
  set(settings, "n", shape.n);
  set(settings, "k", shape.k);
  set(settings, "batch", shape.batch);
  set(settings, "layout", shape.layout);
  return settings;
}

At<Settings> with_network(At<Settings> settings, train::Network const& network) {
  set(settings, "model", network.name);
  set(settings, "network", train::to_text(network));
  return settings;
}

bool runs_networks(Workload const& workload) {
  return std::ranges::find(workload.params, "network", &ParamSpec::name) != workload.params.end();
}

void refuse_own(At<Settings> const& settings, std::span<std::string_view const> from_model,
                std::string_view remedy, Faults& faults) {
  for (auto const& setting : settings.value) {
    if (std::ranges::find(from_model, setting.name.value) == from_model.end()) continue;
    faults.add(setting.name.line,
               fmt::format("parameter '{}' of an entry with a model (the model gives it) {}",
                           setting.name.value, remedy));
  }
}

/// Finds an entry's models and reads their files.
class Models {
 public:
  Models(Entry const& entry, fs::path const& suite, fs::path const& models, Faults& faults)
      : entry_(entry), suite_(suite), models_(models), faults_(faults) {}

  std::vector<LabelledSettings> by_layer() const {
    for (auto const& settings : entry_.params)
      refuse_own(settings, from_layer, "remove it, or write an entry of its own", faults_);
    std::vector<LabelledSettings> all;
    for (auto const& wanted : entry_.models) {
      auto const model = model_of(wanted, suite_, models_, faults_);
      if (!model) continue;
      for (auto const& layer : model->layers) add(model->name, layer, all);
    }
    return all;
  }

  std::vector<LabelledSettings> by_network(std::string const& workload) const {
    refuse_what_networks_lack(workload);
    std::vector<LabelledSettings> all;
    for (auto const& wanted : entry_.models) {
      auto const model = model_of(wanted, suite_, models_, faults_);
      if (!model || !has_network(wanted, *model, workload)) continue;
      for (auto const& settings : entry_.params) all.push_back({with_network(settings, *model->network), ""});
    }
    return all;
  }

 private:
  void add(std::string const& model, Layer const& layer, std::vector<LabelledSettings>& all) const {
    for (auto const pass : entry_.passes.empty() ? all_passes() : entry_.passes) {
      for (auto const& settings : entry_.params)
        all.push_back({with_shape(settings, shape_of(layer, pass)),
                       fmt::format("{}/{}/{}", model, layer.name, name(pass))});
    }
  }

  void refuse_what_networks_lack(std::string const& workload) const {
    for (auto const& settings : entry_.params)
      refuse_own(settings, from_network, "write model = \"NAME\" in the entry, beside workload", faults_);
    if (entry_.passes_line > 0)
      faults_.add(entry_.passes_line,
                  fmt::format("pass of an entry of {} (it runs the whole network) remove it", workload));
    if (entry_.models.empty())
      faults_.add(
          entry_.line,
          fmt::format("{} without a model (it has no network to run) add model = \"NAME\", or the path "
                      "of a model's file ({})",
                      workload, suggestion("", suite_names(models_))));
  }

  bool has_network(At<std::string> const& wanted, Model const& model, std::string const& workload) const {
    if (model.network) return true;
    faults_.add(
        wanted.line,
        fmt::format("model '{}' has no samples ({} must know of how many samples its layers' rows are) "
                    "add samples = NUMBER to its file",
                    wanted.value, workload));
    return false;
  }

  Entry const& entry_;
  fs::path const& suite_;
  fs::path const& models_;
  Faults& faults_;
};

}  // namespace

std::vector<LabelledSettings> labelled_settings(Entry const& entry, Workload const& workload,
                                                fs::path const& suite, fs::path const& models,
                                                Faults& faults) {
  Models const read(entry, suite, models, faults);
  if (runs_networks(workload)) return read.by_network(workload.name);
  if (!entry.models.empty()) return read.by_layer();
  std::vector<LabelledSettings> all;
  for (auto const& settings : entry.params) all.push_back({settings, ""});
  return all;
}

}  // namespace muster
