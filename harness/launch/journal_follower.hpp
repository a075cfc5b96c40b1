// Journals as they grow: on this node, or in a folder that nodes share, where words come late.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/record/journal.hpp"

namespace muster {

class JournalFollower {
 public:
  using Wanted = std::function<bool(std::string const& name)>;  ///< by the file's name
  using Hear = std::function<void(std::string const& name, Event const&)>;

  /// Those that are wanted, in any of the folders: there by now, or later.
  JournalFollower(std::vector<std::filesystem::path> folders, Wanted wanted)
      : folders_(std::move(folders)), wanted_(std::move(wanted)) {}

  void skip();                    ///< what they hold by now
  void follow(Hear const& hear);  ///< what has come since the last look
  void pause() const;             ///< between two looks: the longer, the longer a look takes

  /// Once the writers have ended: goes on until all is there, the seconds are over, or a signal comes. A
  /// shared folder may show what another node wrote some seconds later, and a file that is new a minute
  /// later.
  void follow_late_words(double seconds, std::function<bool()> const& all_there, Hear const& hear);

 private:
  template <class F>
  void each(F const& use);

  std::vector<std::filesystem::path> folders_;
  Wanted wanted_;
  std::map<std::filesystem::path, JournalTail> tails_{};
  double look_seconds_ = 0;  // that the last one took
};

}  // namespace muster
