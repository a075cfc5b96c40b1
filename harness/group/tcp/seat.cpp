#include "harness/group/tcp/seat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"

namespace muster::tcp {
namespace {

struct Names {
  char const *rank, *size;
};

constexpr Names launchers[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                               {"PMI_RANK", "PMI_SIZE"},
                               {"SLURM_PROCID", "SLURM_NTASKS"}};

struct Claim {
  Names names;
  Seat seat;
};

std::optional<int> number(std::string_view text) {
  int value = -1;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || value < 0) return std::nullopt;
  return value;
}

std::string shown(Claim const& claim) {
  return fmt::format("{}={} {}={}", claim.names.rank, claim.seat.rank, claim.names.size, claim.seat.size);
}

std::string shown(std::vector<Claim> const& claims) {
  std::string text;
  for (auto const& claim : claims) text += (text.empty() ? "" : ", ") + shown(claim);
  return text;
}

/// Absent where the launcher does not speak, or not as it should: then `faults` says so.
std::optional<Claim> claim_of(Names const& names, Variables const& variables,
                              std::vector<std::string>& faults) {
  auto const *rank_text = variables(names.rank), *size_text = variables(names.size);
  if (!rank_text || !size_text) return std::nullopt;
  auto const rank = number(rank_text), size = number(size_text);
  if (rank && size && *rank < *size) return Claim{names, {*rank, *size}};
  faults.push_back(fmt::format("{}='{:.20}' with {}='{:.20}' is no rank of a world", names.rank, rank_text,
                               names.size, size_text));
  return std::nullopt;
}

[[noreturn]] void fail(std::string const& text) { throw Error(ExitCode::infrastructure, text); }

constexpr char const* remedy = "start workers by srun or mpirun, or set PMI_RANK and PMI_SIZE";

}  // namespace

Seat seat_by_launcher(int wanted, Variables const& variables) {
  std::vector<std::string> faults;
  std::vector<Claim> all;
  for (auto const& names : launchers) {
    if (auto const claim = claim_of(names, variables, faults)) all.push_back(*claim);
  }
  if (!faults.empty())
    fail(fmt::format("{} ({}) {}", fmt::join(faults, "; "), "from the environment", remedy));
  if (all.empty()) fail(fmt::format("no launcher says which rank this is (sockets need that) {}", remedy));
  auto fitting = all;
  std::erase_if(fitting, [&](Claim const& claim) { return wanted > 0 && claim.seat.size != wanted; });
  if (fitting.empty())
    fail(fmt::format("this rank is in a world of another size than the plan's {} ({}) {}", wanted, shown(all),
                     remedy));
  bool const agree = std::ranges::all_of(fitting, [&](Claim const& claim) {
    return claim.seat.rank == fitting.front().seat.rank && claim.seat.size == fitting.front().seat.size;
  });
  if (!agree)
    fail(
        fmt::format("launchers disagree on which rank this is ({}) unset the variables of those that did not "
                    "start the workers",
                    shown(fitting)));
  return fitting.front().seat;
}

}  // namespace muster::tcp
