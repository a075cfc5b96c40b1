#include "harness/project/simulated_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <variant>

#include "harness/core/cluster_parts.hpp"
#include "harness/core/error.hpp"

namespace muster::project {
namespace {

using Member = std::variant<int SimulatedJob::*, double SimulatedJob::*, bool SimulatedJob::*>;

struct Field {
  std::string_view name;
  Member member;
  double least, most;  ///< that make sense
};

constexpr double any = 1e30;
constexpr std::array fields{
    Field{"nodes", &SimulatedJob::nodes, 1, most_cluster_nodes},
    Field{"bytes", &SimulatedJob::bytes, 1, any},
    Field{"chunks", &SimulatedJob::chunks, 1, 1024},
    Field{"leaf_nodes", &SimulatedJob::leaf_nodes, 1, most_cluster_nodes},
    Field{"spines", &SimulatedJob::spines, 1, most_cluster_nodes},
    Field{"nic_bandwidth", &SimulatedJob::nic_bandwidth, 1, any},
    Field{"uplink_bandwidth", &SimulatedJob::uplink_bandwidth, 0, any},
    Field{"nic_latency", &SimulatedJob::nic_latency, 0, any},
    Field{"switch_latency", &SimulatedJob::switch_latency, 0, any},
    Field{"gpus", &SimulatedJob::gpus, 1, 1024},
    Field{"inside_bandwidth", &SimulatedJob::inside_bandwidth, 0, any},
    Field{"storage_bandwidth", &SimulatedJob::storage_bandwidth, 0, any},
    Field{"slow_nic", &SimulatedJob::slow_nic, 1e-6, 1},
    Field{"rails", &SimulatedJob::rails, 1, 2},
    Field{"dead_uplinks", &SimulatedJob::dead_uplinks, 0, 1},
    Field{"scattered", &SimulatedJob::scattered, 0, 1},
};
constexpr std::array shapes{Shape::ring, Shape::double_tree, Shape::hierarchical, Shape::reads};

[[noreturn]] void refuse(std::string const& argument) {
  throw Error(ExitCode::usage, fmt::format("{} is no part of a job (SHAPE FIELD=NUMBER...)", argument));
}

Shape shape_named(std::string const& name) {
  auto const found = std::ranges::find_if(shapes, [&](Shape shape) { return word(shape) == name; });
  return found == shapes.end() ? (refuse(name), Shape::ring) : *found;
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

void set(SimulatedJob& job, Field const& field, double value) {
  std::visit([&](auto member) { job.*member = static_cast<std::decay_t<decltype(job.*member)>>(value); },
             field.member);
}

void read(std::string const& argument, SimulatedJob& job) {
  auto const split = std::min(argument.find('='), argument.size());
  auto const field = std::ranges::find(fields, std::string_view(argument).substr(0, split), &Field::name);
  auto const value = number_of(std::string_view(argument).substr(std::min(split + 1, argument.size())));
  if (field == fields.end() || !value || !(field->least <= *value && *value <= field->most)) refuse(argument);
  set(job, *field, *value);
}

void refuse_contradictions(SimulatedJob const& job) {
  bool const sum = job.shape != Shape::reads;
  if (job.nic_bandwidth <= 0) refuse("nic_bandwidth=0");
  if (sum && job.uplink_bandwidth <= 0) refuse("uplink_bandwidth=0");
  if (sum && job.nodes < 2) refuse("nodes=1");
  if (job.dead_uplinks >= job.spines) refuse("dead_uplinks, of all spines,");
  if (job.slow_nic < 1 && job.shape == Shape::double_tree) refuse("slow_nic of a tree");
  if (job.rails > 1 && job.shape != Shape::ring) refuse("rails=2 of anything but a ring");
  if (job.shape == Shape::hierarchical && job.inside_bandwidth <= 0) refuse("inside_bandwidth=0");
  if (!sum && job.storage_bandwidth <= 0) refuse("storage_bandwidth=0");
}

}  // namespace

std::string_view word(Shape shape) {
  switch (shape) {
    case Shape::ring:
      return "ring";
    case Shape::double_tree:
      return "double_tree";
    case Shape::hierarchical:
      return "hierarchical";
    case Shape::reads:
      break;
  }
  return "reads";
}

std::vector<std::string> to_arguments(SimulatedJob const& job) {
  std::vector<std::string> arguments{std::string(word(job.shape))};
  for (auto const& field : fields) {
    double const value =
        std::visit([&](auto member) { return static_cast<double>(job.*member); }, field.member);
    arguments.push_back(fmt::format("{}={}", field.name, value));
  }
  return arguments;
}

SimulatedJob job_of(std::vector<std::string> const& arguments) {
  if (arguments.empty()) refuse("nothing");
  SimulatedJob job;
  job.shape = shape_named(arguments.front());
  for (std::size_t i = 1; i < arguments.size(); ++i) read(arguments[i], job);
  refuse_contradictions(job);
  return job;
}

}  // namespace muster::project
