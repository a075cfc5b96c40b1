#include "harness/launch/allocation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

#include "harness/core/error.hpp"
#include "harness/launch/hostlist.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr int most_slots = 65'536;  // of a node
constexpr std::size_t largest_file = std::size_t{16} << 20;

/// A whole number from 0 to `most`; nothing before or behind it.
std::optional<int> whole_number(std::string_view text, int most) {
  int value = -1;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc() || read.ptr != end || value < 0 || value > most)
    return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> all;
  for (std::size_t end; (end = text.find(at)) != text.npos; text.remove_prefix(end + 1))
    all.push_back(text.substr(0, end));
  all.push_back(text);
  return all;
}

/// "8", "a100:8", "gpu:a100:8" or several of them ("a100:4,h100:4"): how many in all.
std::optional<int> gpu_count(std::string_view text) {
  int sum = 0;
  for (auto const item : split(text, ',')) {
    auto const count = whole_number(item.substr(item.rfind(':') + 1), most_slots);
    if (!count) return std::nullopt;
    sum += *count;
  }
  return sum;
}

/// "32(x2),16" is 32, 32, 16; never more than `most` of them.
std::optional<std::vector<int>> cpus_per_node(std::string_view text, std::size_t most) {
  std::vector<int> all;
  for (auto item : split(text, ',')) {
    int times = 1;
    if (auto const open = item.find("(x"); open != item.npos && item.ends_with(')')) {
      times = whole_number(item.substr(open + 2, item.size() - open - 3), static_cast<int>(most_hosts))
                  .value_or(0);
      item = item.substr(0, open);
    }
    auto const count = whole_number(item, most_slots);
    if (!count || times < 1 || all.size() + static_cast<std::size_t>(times) > most) return std::nullopt;
    all.insert(all.end(), static_cast<std::size_t>(times), *count);
  }
  return all;
}

/// What a Slurm job's environment says, and all that it says wrong.
class SlurmJob {
 public:
  SlurmJob(Environment const& environment, std::string job) : environment_(environment) {
    allocation_.scheduler = "slurm";
    allocation_.job_id = std::move(job);
  }

  Allocation read() {
    if (!whole_number(allocation_.job_id, 2'147'483'647))
      fault("SLURM_JOB_ID", allocation_.job_id, "no number");
    read_nodes();
    read_slots();
    read_restarts();
    read_local_folder();
    if (!faults_.empty()) throw Error(ExitCode::infrastructure, faults_);
    return std::move(allocation_);
  }

 private:
  void fault(std::string const& name, std::string_view value, std::string const& why) {
    faults_ += fmt::format(
        "{}{}={} is not what Slurm sets ({}) start inside of a job, with Slurm's variables untouched",
        faults_.empty() ? "" : "\n", name, shown_text(value), why);
  }

  /// The first of them that is set, with its name.
  std::optional<std::pair<std::string, std::string>> first_of(std::vector<std::string> const& names) const {
    for (auto const& name : names) {
      if (auto const value = environment_(name)) return std::pair(name, *value);
    }
    return std::nullopt;
  }

  void read_nodes() {
    auto const list = first_of({"SLURM_JOB_NODELIST", "SLURM_NODELIST"});
    if (!list) return fault("SLURM_JOB_NODELIST", "", "it is not set");
    try {
      for (auto const& name : expand_host_list(list->second)) allocation_.nodes.push_back({name});
    } catch (Error const& error) {
      fault(list->first, list->second, error.what());
    }
  }

  void read_slots() {
    auto const gpus = first_of({"SLURM_GPUS_PER_NODE", "SLURM_GPUS_ON_NODE"});
    auto const count = gpus ? gpu_count(gpus->second) : 0;
    if (!count) return fault(gpus->first, gpus->second, "no number of GPUs");
    if (*count == 0) return read_cpus();
    allocation_.slots_are = "gpus";
    for (auto& node : allocation_.nodes) node.slots = *count;
  }

  void read_cpus() {
    allocation_.slots_are = "cpus";
    auto const cpus = first_of({"SLURM_JOB_CPUS_PER_NODE"});
    if (!cpus || allocation_.nodes.empty()) return;
    auto const counts = cpus_per_node(cpus->second, allocation_.nodes.size());
    if (!counts || counts->size() != allocation_.nodes.size())
      return fault(cpus->first, cpus->second,
                   fmt::format("not the CPUs of {} nodes", allocation_.nodes.size()));
    for (std::size_t i = 0; i < counts->size(); ++i) allocation_.nodes[i].slots = (*counts)[i];
  }

  void read_restarts() {
    auto const restarts = environment_("SLURM_RESTART_COUNT");
    if (!restarts) return;
    auto const count = whole_number(*restarts, 1'000'000);
    if (!count) return fault("SLURM_RESTART_COUNT", *restarts, "no number");
    allocation_.restarts = *count;
  }

  void read_local_folder() {
    auto const folder = first_of({"SLURM_TMPDIR", "TMPDIR"});
    if (folder && fs::path(folder->second).is_absolute()) allocation_.local_folder = folder->second;
  }

  Environment const& environment_;
  Allocation allocation_;
  std::string faults_;
};

class HostFile {
 public:
  explicit HostFile(fs::path file) : file_(std::move(file)) { allocation_.scheduler = "hosts"; }

  Allocation read() {
    std::istringstream text(whole_text());
    std::string line;
    while (std::getline(text, line)) read_line(line);
    if (faults_.empty() && allocation_.nodes.empty())
      fail("names no host (it is empty, or all comments) write one host a line: node1 slots=8");
    if (!faults_.empty()) throw Error(ExitCode::usage, faults_);
    allocation_.slots_are = "slots";
    return std::move(allocation_);
  }

 private:
  /// Pipes serve as well, and devices that never end are found out.
  std::string whole_text() const {
    std::ifstream file(file_);
    std::string text;
    std::array<char, 65'536> part;
    while (file.read(part.data(), part.size()) || file.gcount() > 0) {
      text.append(part.data(), static_cast<std::size_t>(file.gcount()));
      if (text.size() > largest_file) break;
    }
    if (!file && !file.eof())
      fail("cannot be read (is it there, and may you read it?) give a file with one host a line");
    if (text.size() > largest_file)
      fail(fmt::format("is longer than {} MiB (this is no host file) give a file with one host a line",
                       largest_file >> 20));
    return text;
  }

  [[noreturn]] void fail(std::string const& what) const {
    throw Error(ExitCode::usage, fmt::format("the host file {} {}", file_.string(), what));
  }

  void fault(std::string const& what) {
    constexpr int most = 20;  // lines that one person corrects
    if (++fault_count_ > most) return;
    faults_ += fmt::format("{}{}:{}: {}", faults_.empty() ? "" : "\n", file_.string(), line_, what);
    if (fault_count_ == most) faults_ += "\n(and no more are shown)";
  }

  void read_line(std::string_view line) {
    ++line_;
    line = line.substr(0, line.find('#'));
    std::istringstream words{std::string(line)};
    std::string hosts, word;
    if (!(words >> hosts)) return;
    std::optional<std::string> slots;
    if (auto const colon = hosts.find(':'); colon != hosts.npos) {
      slots = hosts.substr(colon + 1);
      hosts.resize(colon);
    }
    while (words >> word) {
      if (word.starts_with("max_slots=") || word.starts_with("max-slots=")) continue;
      if (!word.starts_with("slots=") || slots)
        return fault(fmt::format("'{}' is not understood (a host, then its slots) write: node1 slots=8",
                                 shown_text(word)));
      slots = word.substr(6);
    }
    add(hosts, slots);
  }

  void add(std::string const& hosts, std::optional<std::string> const& slots) {
    auto const count = whole_number(slots.value_or("0"), most_slots);
    if (!count || (slots && *count == 0))
      return fault(fmt::format("'{}' is no number of slots (1 to {}) write: node1 slots=8",
                               shown_text(*slots), most_slots));
    try {
      for (auto const& name : expand_host_list(hosts)) add_host(name, *count);
    } catch (Error const& error) {
      fault(error.what());
    }
  }

  void add_host(std::string const& name, int slots) {
    auto const [found, fresh] = index_.try_emplace(name, allocation_.nodes.size());
    if (fresh && allocation_.nodes.size() == most_hosts)
      fail(fmt::format("names more than {} hosts", most_hosts));
    if (fresh) return allocation_.nodes.push_back({name, slots});
    auto& node = allocation_.nodes[found->second];
    node.slots = std::min(std::max(node.slots, 1) + std::max(slots, 1), most_slots);
  }

  fs::path file_;
  Allocation allocation_;
  std::map<std::string, std::size_t> index_;
  std::string faults_;
  int fault_count_ = 0;
  int line_ = 0;
};

}  // namespace

std::optional<std::string> this_environment(std::string const& name) {
  auto const* const value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::optional<Allocation> slurm_allocation(Environment const& environment) {
  auto const job = environment("SLURM_JOB_ID");
  if (!job) return std::nullopt;
  return SlurmJob(environment, *job).read();
}

Allocation host_list(fs::path const& file) { return HostFile(file).read(); }

}  // namespace muster
