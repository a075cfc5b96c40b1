#include "harness/plan/site_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/job_values.hpp"
#include "harness/plan/find_config.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/plan/table_reader.hpp"
#include "harness/plan/toml_file.hpp"

namespace muster {
namespace {

/// Reads what a batch script or a command line is made of: each value is held against its alphabet.
class SiteReader {
 public:
  SiteReader(TableReader const& table, Faults& faults) : table_(table), faults_(faults) {}

  /// "" where the key is not there, and where it is wrong.
  std::string checked(std::string_view key, JobValue kind) const {
    auto const [text, line] = table_.text(key);
    bool const given = table_.get(key) != nullptr && table_.get(key)->is_string();
    return given ? check(key, kind, text, line) : "";
  }
  std::vector<std::string> all_checked(std::string_view key, JobValue kind) const {
    std::vector<std::string> values;
    for (auto const& [text, line] : table_.texts(key)) values.push_back(check(key, kind, text, line));
    return values;
  }
  /// One of a few words; the first of them where the key is not there.
  std::string word(std::string_view key, std::vector<std::string> const& known) const {
    auto const [text, line] = table_.text(key);
    if (table_.get(key) == nullptr || std::ranges::find(known, text) != known.end())
      return text.empty() ? known.front() : text;
    if (table_.get(key)->is_string())
      faults_.add(line,
                  fmt::format("{} = {} is not possible ({})", key, in_quotes(text), suggestion(text, known)));
    return known.front();
  }
  std::optional<double> job_time(std::string_view key) const {
    auto const [text, line] = table_.text(key);
    if (table_.get(key) == nullptr) return std::nullopt;
    auto const seconds = parse_job_time(text);
    if (seconds && *seconds >= shortest_job_seconds && *seconds <= longest_job_seconds) return seconds;
    if (table_.get(key)->is_string())
      faults_.add(line, fmt::format("{} = {} is not possible (from a minute to a year) use {}", key,
                                    in_quotes(text), job_time_form));
    return std::nullopt;
  }

 private:
  std::string check(std::string_view key, JobValue kind, std::string const& text, long line) const {
    auto const fault = objection(kind, text);
    if (!fault) return text;
    faults_.add(line, fmt::format("{} = {} is not possible {}", key, in_quotes(text), *fault));
    return {};
  }

  TableReader const& table_;
  Faults& faults_;
};

/// The table of that name, or null; a fault where it is something else.
toml::table const* table_named(TableReader const& table, std::string_view key) {
  auto const* node = table.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) table.wrong(key, *node, fmt::format("a table: [{}]", key));
  return node->as_table();
}

void read_job(TableReader const& table, SiteReader const& reader, Site& site) {
  site.partition = reader.checked("partition", JobValue::names);
  site.account = reader.checked("account", JobValue::name);
  site.qos = reader.checked("qos", JobValue::name);
  site.reservation = reader.checked("reservation", JobValue::names);
  site.constraint = reader.checked("constraint", JobValue::constraint);
  site.exclude = reader.checked("exclude", JobValue::node_list);
  site.nodelist = reader.checked("nodelist", JobValue::node_list);
  site.seconds = reader.job_time("time");
  site.exclusive = table.yes_or_no("exclusive").value_or(true);
  if (table.get("cpus") != nullptr) site.cpus = table.whole("cpus", 1, 1, 4096);
  site.memory = reader.checked("memory", JobValue::memory);
}

void read_gpus(TableReader const& table, SiteReader const& reader, Site& site) {
  auto const how = reader.word("gpus", {"gpus-per-node", "gres", "none"});
  site.gpus = how == "gres" ? GpuRequest::gres : how == "none" ? GpuRequest::none : GpuRequest::per_node;
  site.gpu_type = reader.checked("gpu_type", JobValue::name);
  int const usual = site.gpus == GpuRequest::none ? 0 : site.gpus_per_node;
  site.gpus_per_node = table.whole("gpus_per_node", usual, 0, 64);
}

void read_start(SiteReader const& reader, Site& site) {
  site.launcher = reader.word("launcher", {"srun", "mpirun"});
  site.mpi = reader.word("mpi", {"auto", "pmix", "pmi2", "none"});
  site.modules = reader.all_checked("modules", JobValue::module);
  site.program = reader.checked("program", JobValue::path);
  site.broadcast = reader.checked("broadcast", JobValue::path);
  site.local_folder = reader.checked("local_folder", JobValue::path);
}

void read_container(toml::table const& source, Faults& faults, Site& site) {
  TableReader const table(source, "the container", faults);
  table.only({"runtime", "image", "mounts"}, "remove or correct it");
  SiteReader const reader(table, faults);
  site.container_runtime = reader.word("runtime", {"none", "pyxis", "apptainer"});
  site.container_image = reader.checked("image", JobValue::image);
  site.container_mounts = reader.all_checked("mounts", JobValue::mount);
  bool const wanted = site.container_runtime != "none";
  if (wanted && table.get("image") == nullptr)
    faults.add(line_of(source), "the container has no image (nothing to run in) add image = \"...\"");
  if (!wanted && table.get("image") != nullptr)
    faults.add(line_of(source),
               "the container has no runtime (what starts it) add runtime = \"pyxis\" or \"apptainer\"");
}

/// Values are free text: they go into the run's request, never into the script.
void read_environment(toml::table const& source, Faults& faults, Site& site) {
  TableReader const table(source, "the environment", faults);
  for (auto const& [key, node] : source) {
    std::string const name(key.str());
    if (auto const fault = objection(JobValue::variable, name))
      faults.add(line_of(key.source()),
                 fmt::format("the variable {} is not possible {}", in_quotes(name), *fault));
    auto const [value, line] = table.text(name);
    if (auto const fault = free_text_objection(value))
      faults.add(line, fmt::format("the value of {} is not possible {}", in_quotes(name), *fault));
    site.environment.emplace_back(name, value);
  }
}

/// What each key allows by itself, but not together with another.
void check_together(TableReader const& table, Site const& site, Faults& faults) {
  auto const clash = [&](std::string_view key, bool wrong, std::string const& text) {
    if (auto const* node = table.get(key); node != nullptr && wrong) faults.add(line_of(*node), text);
  };
  clash("cpus", site.exclusive,
        "cpus means nothing with exclusive nodes (the job has all of theirs) add exclusive = false, or "
        "remove it");
  clash("gpu_type", site.gpus == GpuRequest::none,
        "gpu_type means nothing with gpus = \"none\" (none are asked for) remove one of the two");
  clash(
      "broadcast", table.get("local_folder") == nullptr,
      "broadcast needs to know where to (local_folder is not given) add local_folder = \"/tmp\" or the like");
  clash("program", table.get("broadcast") != nullptr,
        "program and broadcast exclude each other (the broadcast archive holds the program) remove one of "
        "the two");
}

Site site_of(toml::table const& root, std::filesystem::path const& file, Faults& faults) {
  TableReader const table(root, "the site", faults);
  table.only({"summary",   "partition", "account",      "qos",       "reservation", "constraint",
              "exclude",   "nodelist",  "time",         "gpus",      "gpu_type",    "gpus_per_node",
              "exclusive", "cpus",      "memory",       "launcher",  "mpi",         "modules",
              "program",   "broadcast", "local_folder", "container", "environment"},
             "remove or correct it");
  SiteReader const reader(table, faults);
  Site site;
  site.name = file.stem().string();
  site.summary = table.text("summary").value;
  read_job(table, reader, site);
  read_gpus(table, reader, site);
  read_start(reader, site);
  if (auto const* container = table_named(table, "container")) read_container(*container, faults, site);
  if (auto const* environment = table_named(table, "environment"))
    read_environment(*environment, faults, site);
  check_together(table, site, faults);
  return site;
}

}  // namespace

std::filesystem::path find_site(std::string const& name_or_path, std::filesystem::path const& sites_folder) {
  return find_config("site", name_or_path, sites_folder);
}

Site read_site(std::filesystem::path const& file, Faults& faults) {
  auto const root = read_toml(file, "the site", faults);
  return root ? site_of(*root, file, faults) : Site{};
}

}  // namespace muster
