#include "harness/record/plan_differences.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/record/json_archive.hpp"
// after the archive, which finds these by the types they describe
#include "harness/record/fields.hpp"

namespace muster {
namespace {

constexpr std::size_t most = 5;  // that anybody reads

std::string shortened(Json const& value) {
  auto const text = compact(value);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

void compare(std::string const& path, Json const& there, Json const& here, std::vector<std::string>& found) {
  if (there == here || found.size() >= most) return;
  if (!there.is_object() || !here.is_object())
    return found.push_back(fmt::format("{}: {} there, {} here", path, shortened(there), shortened(here)));
  for (auto const& [key, value] : there.items()) {
    auto const name = path.empty() ? key : path + "." + key;
    compare(name, value, here.contains(key) ? here[key] : Json(), found);
  }
  for (auto const& [key, value] : here.items()) {
    if (!there.contains(key)) compare(path.empty() ? key : path + "." + key, Json(), value, found);
  }
}

void compare_cases(Plan const& there, Plan const& here, std::vector<std::string>& found) {
  if (there.cases.size() != here.cases.size())
    return found.push_back(fmt::format("{} cases there, {} here", there.cases.size(), here.cases.size()));
  for (std::size_t i = 0; i < there.cases.size(); ++i) {
    auto const a = encode(there.cases[i], Path{}), b = encode(here.cases[i], Path{});
    compare(there.cases[i].name, a, b, found);
  }
}

}  // namespace

std::vector<std::string> plan_differences(Plan const& there, Plan const& here) {
  auto const heads = [](Plan plan) {
    plan.cases.clear();
    plan.cache.clear();  // changes no figure, and another day's environment may name another folder
    return encode(plan, Path{});
  };
  std::vector<std::string> found;
  compare("", heads(there), heads(here), found);
  compare_cases(there, here, found);
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace muster
