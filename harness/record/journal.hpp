// Append-only journals: one JSON object a line (NDJSON). See core/events.hpp for what they hold.
#pragma once
#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/events.hpp"

namespace muster {

std::string to_line(Event const& event);  ///< without the newline
/// Absent for a torn line, for one that is not JSON, and for an event of a newer minor version.
std::optional<Event> from_line(std::string_view line);

/// A list as it stands in a line's text.
struct RawList {
  std::string_view key;
  std::string_view text;
};
/// The quick half of from_line(): reads what to_line() writes, in its order and in plain ASCII, and is absent
/// for all else. Appends to `lists` every list that stands under a key, inner ones first.
std::optional<Event> from_plain_line(std::string_view line, std::vector<RawList>* lists = nullptr);
/// The same, with the first item of long lists alone: for whoever asks only how cases ended.
std::optional<Event> from_plain_line_briefly(std::string_view line);
std::optional<Event> from_any_line(std::string_view line);  ///< the strict half, which reads all of them

/// Appends whole lines with one write each, from any thread. Case records are flushed to the disk (fdatasync)
/// before append returns.
class JournalWriter {
 public:
  /// Creates or appends. `fallback`: a folder of this node (see local_folder.hpp) where the journal goes on
  /// once its own is full or cannot be written; that is said once. Both throw Error(not_saved), with the
  /// reason and the remedy, where there is no fallback or that cannot be written either.
  explicit JournalWriter(std::filesystem::path const& file, std::filesystem::path fallback = {});
  ~JournalWriter();
  JournalWriter(JournalWriter const&) = delete;
  JournalWriter& operator=(JournalWriter const&) = delete;
  void append(Event const& event);

  bool moved() const { return moved_; }                        ///< is it in the fallback by now?
  std::filesystem::path const& path() const { return path_; }  ///< where it stands

 private:
  void open();
  void write(Event const& event);
  bool may_move(Error const& error) const;
  void move(std::string const& reason);

  std::mutex mutex_;
  int file_ = -1;
  std::filesystem::path path_, fallback_;
  std::atomic<bool> moved_{false};
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
