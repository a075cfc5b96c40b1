// What may stand in a job's batch script. Slurm reads its options from comment lines and bash reads the rest;
// neither may find anything there but the value: no blank, quote or line break, nothing that a shell knows.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace muster {

enum class JobValue {
  name,        ///< of a job, an account, a QOS, a kind of GPU
  names,       ///< partitions, reservations: several with commas between
  constraint,  ///< features of nodes: "a100&ib", "[rack1|rack2]"
  node_list,   ///< "gpu[001-090,100],login1"
  memory,      ///< "0" (all of a node), "200G"
  path,        ///< absolute, with no step upwards
  module,      ///< "openmpi/4.1.4"
  image,       ///< of a container: a path, or what a registry calls it
  mount,       ///< SOURCE:TARGET or SOURCE:TARGET:FLAGS, absolute paths
  variable     ///< an environment variable's name that is not Slurm's own
};

/// Absent where `text` may stand there. Else why not, and what may: "(it holds a line break) use letters,
/// ...".
std::optional<std::string> objection(JobValue kind, std::string_view text);

/// What users write freely goes into the run's request instead. Absent where it can; else why not: "(not
/// UTF-8) ...".
std::optional<std::string> free_text_objection(std::string_view text);

/// `text` in quotes as a message shows it: on one line, not endless, with nothing that a terminal would obey.
std::string in_quotes(std::string_view text);

/// Seconds of "90m", "2h", "1.5h" (a unit must be there: Slurm counts plain numbers in minutes, this program
/// in seconds) or of Slurm's "HH:MM:SS" and "DAYS-HH:MM:SS". Absent when it is none of these.
std::optional<double> parse_job_time(std::string_view text);
inline constexpr double shortest_job_seconds = 60, longest_job_seconds = 366 * 86400.0;
inline constexpr std::string_view job_time_form = "a time such as 90m, 2h or 1-12:00:00";

/// "02:05:00", "1-12:00:00": whole minutes, rounded up, as Slurm writes them.
std::string slurm_time(double seconds);

}  // namespace muster
