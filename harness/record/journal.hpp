// Append-only journals: one JSON object a line (NDJSON). See core/events.hpp for what they hold.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/events.hpp"

namespace muster {

std::string to_line(Event const& event);  ///< without the newline
/// Absent for a torn line, for one that is not JSON, and for an event of a newer minor version.
std::optional<Event> from_line(std::string_view line);

/// Appends whole lines with one write each. Case records are flushed to the disk (fdatasync) before append
/// returns.
class JournalWriter {
 public:
  explicit JournalWriter(std::filesystem::path const& file);  ///< creates or appends; throws Error(not_saved)
  ~JournalWriter();
  JournalWriter(JournalWriter const&) = delete;
  JournalWriter& operator=(JournalWriter const&) = delete;
  void append(Event const& event);  ///< throws Error(not_saved), with the reason and the remedy

 private:
  int file_ = -1;
  std::filesystem::path path_;
};

/// Reads a journal that others are still writing.
class JournalTail {
 public:
  explicit JournalTail(std::filesystem::path file) : path_(std::move(file)) {}
  std::vector<Event>
  poll();       ///< the events of all lines completed since the last call; none while there is no file
  void skip();  ///< what stands there already

 private:
  std::filesystem::path path_;
  std::uintmax_t offset_ = 0;
};

/// Where things stand in a run folder.
struct RunFolder {
  std::filesystem::path root;
  std::filesystem::path plan() const { return root / "plan.json"; }
  std::filesystem::path result() const { return root / "result.json"; }
  std::filesystem::path journals() const { return root / "journal"; }
  std::filesystem::path supervisor_journal() const { return journals() / "supervisor.ndjson"; }
  std::filesystem::path node_journal(std::string_view node) const {
    return journals() / (std::string(node) + ".node.ndjson");
  }
  /// Of the agent that supervises what the node does by itself.
  std::filesystem::path agent_journal(std::string_view node) const {
    return journals() / (std::string(node) + ".agent.ndjson");
  }
  std::filesystem::path logs() const { return root / "log"; }
  /// `world`: the node, where every node is a world of its own.
  std::filesystem::path log(int launch, int ranks, std::string_view world = {}) const {
    return logs() / world / ("launch" + std::to_string(launch) + "-ranks" + std::to_string(ranks) + ".txt");
  }
  /// Where ranks say where they stand when something takes too long.
  std::filesystem::path stands(int launch, std::string_view node) const {
    return root / "stands" / (std::to_string(launch) + "." + std::string(node) + ".ndjson");
  }
  /// Where ranks without MPI find each other; `start` is a name that one set of workers has.
  std::filesystem::path invitation(int launch, std::string_view start) const {
    return root / ("meet-" + std::to_string(launch) + "-" + std::string(start));
  }
  std::filesystem::path samples() const { return root / "samples"; }
};

/// All events of a run folder: the supervisor's journal first, then the agents' and the nodes', each in
/// order. Bad lines are counted.
struct JournalContents {
  std::vector<Event> events;
  std::size_t bad_lines = 0;
};
JournalContents read_journals(RunFolder const& folder);

}  // namespace muster
