// Choices of algorithms, kept between runs and shared by the ranks of one run: a small file each.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace muster {

/// What a tuning found.
struct ChosenAlgorithm {
  std::string algorithm;      ///< as the library's wrapper writes it; one line
  double first_seconds = 0;   ///< of a launch of the algorithm that the library proposed first
  double chosen_seconds = 0;  ///< of a launch of the one that was chosen
  int candidates = 0;         ///< that were timed
  double tuning_seconds = 0;

  bool operator==(ChosenAlgorithm const&) const = default;
};

/// The entry of one key, which holds all that a choice depends on (library and its version, device, product).
///
/// The first who publishes wins, and whoever comes later takes the choice that is there: so all ranks that
/// see the same folder run the same algorithm, and their results are the same bits, without a word between
/// them. (A group call would hang the others when one rank cannot even begin.) link(2) is what decides, also
/// on network file systems; where there are no hard links the last one's file stays, and ranks may differ
/// within one case.
class AlgorithmCache {
 public:
  using Note = std::function<void(std::string)>;
  using Usable = std::function<bool(std::string const& algorithm)>;

  /// An empty folder: nothing is kept.
  AlgorithmCache(std::filesystem::path const& folder, std::string key);

  /// Absent where there is none. A file that is no entry of this key, or whose algorithm is not usable, is
  /// noted and removed.
  std::optional<ChosenAlgorithm> read(Usable const& usable, Note const& note) const;

  /// Returns the choice that is in force from now on: `mine`, or that of whoever was first. That nothing can
  /// be written is noted, no more.
  ChosenAlgorithm publish(ChosenAlgorithm const& mine, Usable const& usable, Note const& note) const;

  std::filesystem::path const& file() const { return file_; }  ///< empty where nothing is kept

 private:
  std::optional<ChosenAlgorithm> parse(std::string const& text) const;
  std::string text_of(ChosenAlgorithm const& chosen) const;
  std::optional<ChosenAlgorithm> set_aside(std::string const& bad) const;

  std::string key_;
  std::filesystem::path file_{};
};

}  // namespace muster
