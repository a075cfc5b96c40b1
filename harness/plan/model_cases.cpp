#include "harness/plan/model_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/plan/planner.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> from_model{"m", "n", "k", "layout", "batch"};

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

At<Settings> with_shape(At<Settings> settings, Shape const& shape) {
  long const line = settings.line;
  auto const set = [&](char const* name, Value value) {
    settings.value.push_back({{name, line}, {{std::move(value), line}}});
  };
  set("m", shape.m);
  set("n", shape.n);
  set("k", shape.k);
  set("batch", shape.batch);
  set("layout", shape.layout);
  return settings;
}

void refuse_own_shape(At<Settings> const& settings, Faults& faults) {
  for (auto const& setting : settings.value) {
    if (std::ranges::find(from_model, setting.name.value) == from_model.end()) continue;
    faults.add(setting.name.line,
               fmt::format("parameter '{}' of an entry with a model (the model gives it) remove it, or "
                           "write an entry of its own",
                           setting.name.value));
  }
}

}  // namespace

std::vector<LabelledSettings> labelled_settings(Entry const& entry, fs::path const& suite,
                                                fs::path const& models, Faults& faults) {
  std::vector<LabelledSettings> all;
  if (entry.models.empty()) {
    for (auto const& settings : entry.params) all.push_back({settings, ""});
    return all;
  }
  for (auto const& settings : entry.params) refuse_own_shape(settings, faults);
  for (auto const& wanted : entry.models) {
    auto const model = model_of(wanted, suite, models, faults);
    if (!model) continue;
    for (auto const& layer : model->layers) {
      for (auto const pass : entry.passes) {
        for (auto const& settings : entry.params)
          all.push_back({with_shape(settings, shape_of(layer, pass)),
                         fmt::format("{}/{}/{}", model->name, layer.name, name(pass))});
      }
    }
  }
  return all;
}

}  // namespace muster
