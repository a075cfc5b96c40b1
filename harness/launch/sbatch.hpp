// Handing a script to Slurm.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// A controller under load is slow, and what it has begun it carries out.
inline constexpr double sbatch_deadline_seconds = 180;

/// "1234" or "1234;cluster" as `sbatch --parsable` prints it -> "1234"; absent for anything else.
std::optional<std::string> job_id_in(std::string_view answer);

struct Submission {
  std::string job_id;      ///< "" where there is none
  std::string problem;     ///< why not, "problem (why) remedy", with sbatch's own words
  bool undecided = false;  ///< sbatch did not end, or not understandably: the job may be there all the same
};
Submission submit_script(std::filesystem::path const& script,
                         double deadline_seconds = sbatch_deadline_seconds);

/// What sbatch says of the script without submitting it: when it would start, and where. Throws
/// Error(infrastructure) with sbatch's own words.
std::string test_script(std::filesystem::path const& script,
                        double deadline_seconds = sbatch_deadline_seconds);

/// Variables of this process that sbatch puts before what the script says: "SBATCH_PARTITION=debug".
std::vector<std::string> overriding_variables();

}  // namespace muster
