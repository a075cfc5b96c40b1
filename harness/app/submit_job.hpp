// From the options of `muster submit` and a site's file to a batch job and the request that its run is given.
// Every fault of both is found and reported at once.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/versus_arms.hpp"
#include "harness/launch/batch_script.hpp"
#include "harness/record/request.hpp"

namespace muster {

struct SubmitArguments {
  std::string suite, site = "generic", output;
  std::string cluster;  ///< described in a file: nodes and GPUs as they are there, unless given here
  std::optional<int> nodes;
  int spares = 0;
  std::optional<int> gpus_per_node;
  std::optional<std::string> job_name, time;
  /// In place of the site's.
  std::optional<std::string> partition, account, qos, reservation, constraint, exclude, nodelist;
  bool dry_run = false, test_only = false;
  // Handed on to `muster run`.
  std::string filter, backend, data, cache, time_budget;
  std::optional<int> launches, ranks;
  std::optional<std::uint64_t> seed;
  bool oversubscribe = false;
  VersusArguments versus;
  CLI::App const* command = nullptr;  ///< that they were given to: for the options of two sides
};

struct Submittal {
  BatchJob job;
  RunRequest request;
  std::filesystem::path site_file;
  std::string cluster_words;  ///< the described one, and who says so; free text
  std::string site_summary;   ///< free text
  std::string time_reason;    ///< why the job asks for that much time
};

/// Throws Error(usage) with one line for every fault. `arguments.command` is there.
Submittal submittal_of(SubmitArguments const& arguments);

}  // namespace muster
