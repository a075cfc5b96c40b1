#include "kernels/collective/collective_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "kernels/contract/share.hpp"

namespace muster {

namespace {

/// action(unsigned integer of the element's size).
template <class Action>
void with_stored(ElementType type, Action const& action) {
  switch (element_bytes(type)) {
    case 1:
      return action(std::uint8_t{});
    case 2:
      return action(std::uint16_t{});
    case 4:
      return action(std::uint32_t{});
    default:
      return action(std::uint64_t{});
  }
}

template <class Stored>
SegmentFault check_part(CollectiveData const& data, Segment const& segment, Stored const* result,
                        Share part) {
  SegmentFault fault;
  for (std::uint64_t i = part.begin; i < part.end; ++i) {
    std::uint64_t const got = result[segment.begin + i];
    if (segment_is_right(data, segment.source, segment.first + i, got)) continue;
    if (fault.wrong++ == 0) {
      fault.first = segment.begin + i;
      fault.got = got;
    }
  }
  return fault;
}

void merge(SegmentFault& into, SegmentFault const& other) {
  std::uint64_t const wrong = into.wrong + other.wrong;
  if (other.first < into.first) into = other;
  into.wrong = wrong;
}

/// One segment from each rank, `count` elements each, at `offset_of` of that rank's source.
template <class Offset>
std::vector<Segment> from_every_rank(CollectiveProblem const& problem, Offset offset_of) {
  std::vector<Segment> segments;
  for (int source = 0; source < problem.ranks; ++source) {
    segments.push_back({static_cast<std::size_t>(source) * problem.count(), problem.count(), source,
                        static_cast<std::uint64_t>(offset_of(source))});
  }
  return segments;
}

std::vector<Segment> exchanged_segments(CollectiveProblem const& problem) {
  auto const received = problem.received();
  std::vector<Segment> segments;
  for (int source = 0; source < problem.ranks; ++source) {
    auto const at = static_cast<std::size_t>(source);
    CollectiveProblem theirs = problem;
    theirs.rank = source;
    segments.push_back({received.offsets[at], received.counts[at], source,
                        theirs.sent().offsets[static_cast<std::size_t>(problem.rank)]});
  }
  return segments;
}

}  // namespace

std::vector<Segment> segments_of(CollectiveProblem const& problem) {
  std::size_t const count = problem.count(), own = static_cast<std::size_t>(problem.rank) * count;
  if (problem.recv_elements() == 0) return {};
  switch (problem.operation) {
    case Operation::all_reduce:
    case Operation::reduce:
      return {{0, count, Segment::all_ranks, 0}};
    case Operation::reduce_scatter:
      return {{0, count, Segment::all_ranks, own}};
    case Operation::all_gather:
    case Operation::gather:
      return from_every_rank(problem, [](int) { return 0; });
    case Operation::all_to_all:
      return from_every_rank(problem, [own](int) { return own; });
    case Operation::all_to_all_v:
      return exchanged_segments(problem);
    case Operation::broadcast:
      return {{0, count, problem.root, 0}};
    case Operation::scatter:
      return {{0, count, problem.root, own}};
    case Operation::send_recv:
      return {{0, count, (problem.rank + problem.ranks - 1) % problem.ranks, 0}};
    case Operation::pairwise:
      return {{0, count, problem.partner(), 0}};
  }
  return {};
}

void fill_source(CollectiveProblem const& problem, void* source, Team& team) {
  auto const data = problem.data();
  bool const reduced = reduces(problem.operation);
  std::size_t const count = problem.send_elements();
  with_stored(problem.type, [&]<class Stored>(Stored) {
    auto* const values = static_cast<Stored*>(source);
    team.run([&](int index) {
      Share const part = share_of(count, index, team.size());
      for (std::uint64_t i = part.begin; i < part.end; ++i)
        values[i] = static_cast<Stored>(source_bits(data, reduced, problem.rank, i));
    });
  });
}

std::vector<SegmentFault> check_result(CollectiveProblem const& problem, void const* result, Team& team) {
  auto const data = problem.data();
  auto const segments = segments_of(problem);
  std::vector<SegmentFault> faults(segments.size());
  std::mutex merging;
  with_stored(problem.type, [&]<class Stored>(Stored) {
    auto const* const values = static_cast<Stored const*>(result);
    team.run([&](int index) {
      for (std::size_t s = 0; s < segments.size(); ++s) {
        auto const found =
            check_part(data, segments[s], values, share_of(segments[s].count, index, team.size()));
        std::lock_guard const lock(merging);
        merge(faults[s], found);
      }
    });
  });
  return faults;
}

std::uint64_t load_bits(ElementType type, void const* buffer, std::size_t index) {
  std::uint64_t bits = 0;
  with_stored(type, [&]<class Stored>(Stored) {
    Stored value;
    std::memcpy(&value, static_cast<std::byte const*>(buffer) + index * sizeof value, sizeof value);
    bits = value;
  });
  return bits;
}

void store_bits(ElementType type, void* buffer, std::size_t index, std::uint64_t bits) {
  with_stored(type, [&]<class Stored>(Stored) {
    auto const value = static_cast<Stored>(bits);
    std::memcpy(static_cast<std::byte*>(buffer) + index * sizeof value, &value, sizeof value);
  });
}

std::string element_text(ElementType type, std::uint64_t bits) {
  if (is_float(type)) {
    double const value = float_value(type, bits);
    auto const text = std::isfinite(value) ? fmt::format("{}", value) : std::string("not a finite number");
    return fmt::format("{} ({:#x})", text, bits);
  }
  if (!is_signed_integer(type)) return fmt::format("{}", bits);
  int const shift = 64 - bits_of_type(type);
  return fmt::format("{}", static_cast<std::int64_t>(bits << shift) >> shift);
}

int missing_rank(CollectiveData const& data, std::uint64_t element, std::uint64_t got) {
  if (data.reduction != Reduction::sum) return -1;
  RankRange const active = active_ranks(data, element);
  std::int64_t sum = 0;
  for (int rank = active.first; rank < active.last; ++rank)
    sum += odd_value(data.type, digit_of(data, rank, element));
  int found = -1;
  for (int rank = active.first; rank < active.last; ++rank) {
    auto const without = sum - odd_value(data.type, digit_of(data, rank, element));
    if (small_bits(data.type, without) != got) continue;
    if (found >= 0) return -1;
    found = rank;
  }
  return found;
}

namespace {

/// The word for a rank, by the numbers of the world.
std::string rank_text(int rank, std::vector<int> const& members) {
  return fmt::format("rank {}", members.empty() ? rank : members.at(static_cast<std::size_t>(rank)));
}

std::string origin_text(CollectiveProblem const& problem, Segment const& segment, SegmentFault const& fault,
                        std::vector<int> const& members) {
  if (segment.source != Segment::all_ranks) return ", that came from " + rank_text(segment.source, members);
  auto const element = segment.first + (fault.first - segment.begin);
  int const missing = missing_rank(problem.data(), element, fault.got);
  return missing < 0 ? "" : ", as if the part of " + rank_text(missing, members) + " were missing";
}

std::string expected_text(CollectiveProblem const& problem, Segment const& segment, std::uint64_t at) {
  auto const element = segment.first + (at - segment.begin);
  if (segment.source != Segment::all_ranks)
    return element_text(problem.type, moved_input(problem.data(), segment.source, element));
  auto const text = element_text(problem.type, reduced_result(problem.data(), element));
  bool const divided = problem.reduction == Reduction::avg && is_float(problem.type);
  return divided ? fmt::format("{} / {}", text, problem.ranks) : text;
}

}  // namespace

Verdict judge_result(CollectiveProblem const& problem, std::vector<Segment> const& segments,
                     std::vector<SegmentFault> const& faults, std::vector<int> const& members) {
  std::uint64_t wrong = 0;
  std::string detail, others;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    auto const& fault = faults[i];
    if (fault.wrong == 0) continue;
    wrong += fault.wrong;
    if (detail.empty()) {
      detail = fmt::format(
          "element {}{}: got {}, expected {}", fault.first, origin_text(problem, segments[i], fault, members),
          element_text(problem.type, fault.got), expected_text(problem, segments[i], fault.first));
    } else if (segments[i].source != Segment::all_ranks) {
      others +=
          (others.empty() ? "; wrong are also those of " : ", ") + rank_text(segments[i].source, members);
    }
  }
  if (wrong > 0) {
    detail = fmt::format("{}: {} of {} elements are wrong, the first is {}{} (seed {})",
                         rank_text(problem.rank, members), wrong, problem.recv_elements(), detail, others,
                         problem.seed);
  }
  bool const average = problem.reduction == Reduction::avg && reduces(problem.operation) &&
                       is_float(problem.type) && (problem.ranks & (problem.ranks - 1)) != 0;
  auto const* const method = average ? "every element, averages to 2 units in the last place"
                             : reduces(problem.operation) ? "every element, exact results"
                                                          : "every element, bit by bit";
  return Verdict::judge(method, static_cast<double>(wrong), 0, detail);
}

}  // namespace muster
