#include "harness/app/submit_job.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "harness/app/compare_results.hpp"
#include "harness/app/job_time.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/versus_detect.hpp"
#include "harness/app/versus_plan.hpp"
#include "harness/core/error.hpp"
#include "harness/core/job_values.hpp"
#include "harness/core/quantities.hpp"
#include "harness/plan/cluster_file.hpp"
#include "harness/plan/planner.hpp"
#include "harness/plan/ranks.hpp"
#include "harness/plan/site_file.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// What is wrong, in the order it was found.
class FaultList {
 public:
  void add(std::string text) {
    if (std::ranges::find(texts_, text) == texts_.end()) texts_.push_back(std::move(text));
  }
  /// Calls `make`; where it throws, its message is one more fault and the answer is a default.
  template <class F>
  auto keep(F make) -> decltype(make()) {
    try {
      return make();
    } catch (Error const& error) {
      if (error.exit_code != ExitCode::usage) throw;
      add(error.what());
      return {};
    }
  }
  void throw_if_any() const {
    if (!texts_.empty()) throw Error(ExitCode::usage, fmt::format("{}", fmt::join(texts_, "\n")));
  }

 private:
  std::vector<std::string> texts_;
};

Site site_in(fs::path const& file, FaultList& faults) {
  if (file.empty()) return {};
  Faults in_file(file);
  auto site = read_site(file, in_file);
  if (!in_file.empty()) faults.add(in_file.report());
  return site;
}

/// Nodes and GPUs of the cluster that is named, where they are not given themselves.
SubmitArguments with_cluster(SubmitArguments arguments, std::string& words, FaultList& faults) {
  if (arguments.cluster.empty()) {
    if (!arguments.nodes)
      faults.add(
          "--nodes is missing (on how many is the run to measure?) give it, or --cluster NAME for all of a "
          "described one");
    return arguments;
  }
  auto const file =
      faults.keep([&] { return find_cluster(arguments.cluster, configs_folder() / "clusters"); });
  if (file.empty()) return arguments;
  Faults in_file(file);
  auto const cluster = faults.keep([&] { return read_cluster(file, in_file); });
  if (!in_file.empty()) faults.add(in_file.report());
  words = fmt::format("{}: {} nodes of {} x {} (source: {})", cluster.name, cluster.nodes, cluster.gpus,
                      cluster.gpu, cluster.source);
  if (!arguments.nodes) arguments.nodes = cluster.nodes;
  if (!arguments.gpus_per_node && arguments.backend != "host") arguments.gpus_per_node = cluster.gpus;
  return arguments;
}

/// The option's value where it is given (and checked), else the site's, which has been.
std::string option_or(std::string const& option, JobValue kind, std::optional<std::string> const& given,
                      std::string const& otherwise, FaultList& faults) {
  if (!given) return otherwise;
  if (auto const fault = objection(kind, *given))
    faults.add(fmt::format("{} {} is not possible {}", option, in_quotes(*given), *fault));
  return *given;
}

void check_range(std::string const& option, int value, int least, int most, FaultList& faults) {
  if (value < least || value > most)
    faults.add(fmt::format("{} {} is not possible (out of range) use a whole number from {} to {}", option,
                           value, least, most));
}

bool is_there(fs::path const& file) {
  std::error_code unreachable;  // then it is not for this user
  return fs::exists(file, unreachable);
}

/// In a bundle the program is started through bin/muster, which sets up the libraries that come along.
fs::path program_to_start() {
  auto const program = program_path();
  auto const entry = program.parent_path().parent_path() / "bin" / program.filename();
  return program.parent_path().filename() == "libexec" && is_there(entry) ? entry : program;
}

/// "muster-quick"; what a suite is called freely does not go into a script.
std::string default_name(std::string const& suite) {
  auto const name = "muster-" + fs::path(suite).stem().string();
  return objection(JobValue::name, name) ? "muster" : name;
}

fs::path folder_of(SubmitArguments const& arguments, Site const& site, FaultList& faults) {
  auto const given =
      arguments.output.empty() ? new_run_folder(fs::path("results"), site.name) : fs::path(arguments.output);
  auto folder = fs::absolute(given).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "runs/first/"
  if (auto const fault = objection(JobValue::path, folder.string())) {
    faults.add(fmt::format("the run folder {} is not possible {} (-o gives another)",
                           in_quotes(folder.string()), *fault));
  } else if (is_there(request_file(folder)) || is_there(folder / "plan.json") ||
             is_there(versus_file(folder))) {
    faults.add(fmt::format(
        "{} already holds a run (a request.json, plan.json or versus.json) give another folder with -o; "
        "a job goes on with that run by: sbatch {}",
        folder.string(), script_file(folder).string()));
  }
  return folder;
}

void choose_nodes(SubmitArguments const& arguments, Site const& site, BatchJob& job, FaultList& faults) {
  auto const pick = [&](char const* option, JobValue kind, std::optional<std::string> const& given,
                        std::string const& otherwise) {
    return option_or(option, kind, given, otherwise, faults);
  };
  job.partition = pick("--partition", JobValue::names, arguments.partition, site.partition);
  job.account = pick("--account", JobValue::name, arguments.account, site.account);
  job.qos = pick("--qos", JobValue::name, arguments.qos, site.qos);
  job.reservation = pick("--reservation", JobValue::names, arguments.reservation, site.reservation);
  job.constraint = pick("--constraint", JobValue::constraint, arguments.constraint, site.constraint);
  job.exclude = pick("--exclude", JobValue::node_list, arguments.exclude, site.exclude);
  job.nodelist = pick("--nodelist", JobValue::node_list, arguments.nodelist, site.nodelist);
  job.name = pick("--job-name", JobValue::name, arguments.job_name, default_name(arguments.suite));
}

void choose_amounts(SubmitArguments const& arguments, Site const& site, BatchJob& job, FaultList& faults) {
  job.nodes = arguments.nodes.value_or(1);
  job.spares = arguments.spares;
  job.gpus = site.gpus;
  int const usual = arguments.backend == "host" ? 0 : site.gpus_per_node;
  job.gpus_per_node = arguments.gpus_per_node.value_or(usual);
  job.gpu_type = site.gpu_type;
  job.exclusive = site.exclusive;
  job.cpus = site.cpus;
  job.memory = site.memory.empty() && site.exclusive ? "0" : site.memory;
  check_range("--nodes", job.nodes, 1, 100'000, faults);
  check_range("--spares", job.spares, 0, 10'000, faults);
  check_range("--gpus-per-node", job.gpus_per_node, 0, 64, faults);
  if (arguments.backend == "cuda" && job.gpus_per_node == 0)
    faults.add("--backend cuda is not possible (the job has no GPUs) give their number with --gpus-per-node");
}

void choose_program(Site const& site, BatchJob& job, FaultList& faults) {
  job.modules = site.modules;
  job.archive = site.broadcast;
  job.local_folder = site.local_folder;
  job.program = site.program.empty() ? program_to_start() : fs::path(site.program);
  if (!job.archive.empty() || !site.program.empty()) return;
  if (auto const fault = objection(JobValue::path, job.program.string()))
    faults.add(fmt::format("this program's own path {} is not possible {}; or copy it to such a place",
                           in_quotes(job.program.string()), *fault));
}

/// A run of two sides shares its time out among their launches; with --detect it limits their number.
std::optional<double> budget_of_side(SubmitArguments const& arguments, double budget) {
  if (!arguments.versus.asked()) return budget;
  return arguments.versus.detect.empty() ? std::optional(budget / 2) : std::nullopt;
}

std::optional<int> launches_of(SubmitArguments const& arguments) {
  if (arguments.launches || !arguments.versus.asked()) return arguments.launches;
  return arguments.versus.detect.empty() ? versus_launches : detect_launches;
}

/// What the run will do, as far as it can be known away from the nodes: it tells mistakes now, and the time.
Plan plan_of(SubmitArguments const& arguments, Site const& site, int gpus) {
  PlanOptions options;
  options.filter = arguments.filter;
  options.launches = launches_of(arguments);
  options.seed = arguments.seed;
  options.ranks = arguments.ranks;
  options.oversubscribe = arguments.oversubscribe;
  options.models = configs_folder() / "models";
  options.suites = configs_folder() / "suites";
  if (!arguments.time_budget.empty()) {
    options.time_budget = parse_duration(arguments.time_budget);
    if (!options.time_budget)
      throw Error(ExitCode::usage, fmt::format("--time-budget {} is no duration (write 90s, 2m or 1h)",
                                               in_quotes(arguments.time_budget)));
    options.time_budget = budget_of_side(arguments, *options.time_budget);
  }
  constexpr int usual_cores = 64;
  Machine machine{"host", 1, site.cpus.value_or(usual_cores)};
  if (gpus > 0 && arguments.backend != "host") machine = {"cuda", gpus, machine.cores};
  options.nodes = {arguments.nodes.value_or(1), arguments.spares, room_for_ranks(machine)};
  return make_plan(find_suite(arguments.suite, configs_folder() / "suites"), Registry::instance(), machine,
                   options);
}

void choose_time(SubmitArguments const& arguments, Site const& site, Plan const& plan, Submittal& submittal,
                 FaultList& faults) {
  auto const needed = job_time(plan, arguments.versus.asked() ? 2 : 1);
  submittal.job.seconds = site.seconds.value_or(needed.seconds);
  submittal.time_reason = site.seconds ? "as the site's file says; " + needed.reason : needed.reason;
  if (!arguments.time) return;
  auto const given = parse_job_time(*arguments.time);
  if (given && *given >= shortest_job_seconds && *given <= longest_job_seconds) {
    submittal.job.seconds = *given;
    submittal.time_reason = "as --time says; " + needed.reason;
  } else {
    faults.add(fmt::format("--time {} is not possible (from a minute to a year) use {}",
                           in_quotes(*arguments.time), job_time_form));
  }
}

std::string absolute(std::string const& path) { return fs::absolute(path).lexically_normal().string(); }

/// A suite's file is named so that the job finds it from its own folder.
std::string suite_to_run(std::string const& suite) {
  return find_suite(suite, configs_folder() / "suites") == fs::path(suite) ? absolute(suite) : suite;
}

using Texts = std::vector<std::string>;

void hand_on(SubmitArguments const& arguments, int gpus, Texts& list, FaultList& faults) {
  auto const text = [&](char const* option, std::string const& value) {
    if (auto const fault = free_text_objection(value))
      faults.add(fmt::format("{} {} is not possible {}", option, in_quotes(value), *fault));
    if (!value.empty()) list.push_back(fmt::format("{}={}", option, value));
  };
  text("--filter", arguments.filter);
  text("--backend", gpus == 0 ? "host" : arguments.backend);
  text("--time-budget", arguments.time_budget);
  if (!arguments.data.empty()) text("--data", absolute(arguments.data));
  if (!arguments.cache.empty()) text("--cache", absolute(arguments.cache));
  if (arguments.launches) text("--launches", std::to_string(*arguments.launches));
  if (arguments.ranks) text("--ranks", std::to_string(*arguments.ranks));
  if (arguments.seed) text("--seed", std::to_string(*arguments.seed));
  if (arguments.oversubscribe) list.emplace_back("--oversubscribe");
}

/// Of a bundle, an installation or a checkout, by its folder or its bin/muster; "" of a suite.
fs::path folder_of_other_program(std::string const& other) {
  fs::path const path = other_side(other);
  if (!path.is_absolute() || path.extension() == ".toml") return {};
  std::error_code unreachable;  // then its nodes see a folder of a program
  return fs::is_regular_file(path, unreachable) ? path.parent_path().parent_path() : path;
}

/// The other side's programs and suites are named as the job's nodes find them from the job's folder.
void hand_on_sides(SubmitArguments const& arguments, Site const& site, Texts& list, FaultList& faults) {
  auto const& versus = arguments.versus;
  for (auto const& fault : versus_faults(versus, *arguments.command, site.program.empty())) faults.add(fault);
  if (versus.asked() && !site.broadcast.empty())
    faults.add(
        "--versus is not possible on this site (broadcast: every start of the job copies the program to "
        "another folder, so that a run of two sides could not be gone on with) use a site's file with "
        "program, a "
        "muster on a file system that all nodes share, in place of broadcast");
  faults.keep([&] { return options_of(versus.rules), true; });
  faults.keep([&] { return versus.detect.empty() ? 0.0 : change_of(versus.detect); });
  std::vector<std::string> options = versus_options_given(*arguments.command);
  for (auto const& other : versus.others) options.push_back("--versus=" + other_side(other));
  for (auto const& option : options) {
    if (auto const fault = free_text_objection(option))
      faults.add(fmt::format("{} is not possible {}", in_quotes(option), *fault));
    list.push_back(option);
  }
}

/// Inside, a step must find the run's folder and the program where the supervisor outside has them.
void enter_container(SubmitArguments const& arguments, Site const& site, BatchJob const& job, Texts& list) {
  if (site.container_runtime == "none") return;
  list.push_back("--container-runtime=" + site.container_runtime);
  list.push_back("--container-image=" + site.container_image);
  auto mounts = site.container_mounts;
  auto const program = job.archive.empty() ? job.program.parent_path().parent_path() : fs::path();
  std::vector<fs::path> folders{job.folder, program, job.local_folder};
  for (auto const& other : arguments.versus.others) folders.push_back(folder_of_other_program(other));
  for (auto const& folder : folders) {
    if (!folder.empty()) mounts.push_back(folder.string() + ":" + folder.string());
  }
  for (auto const& mount : mounts) list.push_back("--container-mount=" + mount);
}

RunRequest request_of(SubmitArguments const& arguments, Site const& site, BatchJob const& job,
                      FaultList& faults) {
  auto const suite = faults.keep([&] { return suite_to_run(arguments.suite); });
  if (auto const fault = free_text_objection(suite))
    faults.add(fmt::format("the suite {} is not possible {}", in_quotes(suite), *fault));
  RunRequest request{{suite, fmt::format("--nodes={}", job.nodes), fmt::format("--spares={}", job.spares),
                      "--launcher=" + site.launcher},
                     site.environment};
  bool const own =
      std::ranges::any_of(site.environment, [](auto const& entry) { return entry.first == "TMPDIR"; });
  if (!site.local_folder.empty() && !own) request.environment.emplace_back("TMPDIR", site.local_folder);
  if (job.gpus_per_node > 0 && arguments.backend != "host")
    request.arguments.push_back(fmt::format("--gpus-per-node={}", job.gpus_per_node));
  if (site.mpi != "auto") request.arguments.push_back("--mpi=" + site.mpi);
  enter_container(arguments, site, job, request.arguments);
  hand_on(arguments, job.gpus_per_node, request.arguments, faults);
  hand_on_sides(arguments, site, request.arguments, faults);
  request.arguments.push_back("--continue");
  request.arguments.push_back("--output=" + job.folder.string());
  return request;
}

}  // namespace

Submittal submittal_of(SubmitArguments const& given) {
  FaultList faults;
  Submittal submittal;
  auto const arguments = with_cluster(given, submittal.cluster_words, faults);
  auto& job = submittal.job;
  submittal.site_file = faults.keep([&] { return find_site(arguments.site, configs_folder() / "slurm"); });
  auto const site = faults.keep([&] { return site_in(submittal.site_file, faults); });
  submittal.site_summary = site.summary;
  choose_nodes(arguments, site, job, faults);
  choose_amounts(arguments, site, job, faults);
  choose_program(site, job, faults);
  job.folder = folder_of(arguments, site, faults);
  auto const plan = faults.keep([&] { return plan_of(arguments, site, job.gpus_per_node); });
  choose_time(arguments, site, plan, submittal, faults);
  submittal.request = request_of(arguments, site, job, faults);
  faults.throw_if_any();
  return submittal;
}

}  // namespace muster
