// The faults of one config, gathered so that they are all reported at once.
#pragma once
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

namespace muster {

class Faults {
 public:
  explicit Faults(std::filesystem::path file) : file_(std::move(file)) {}

  /// `text` reads "problem (why) remedy"; line 0: the file as a whole. What was said of a line is not said
  /// again.
  void add(long line, std::string text) { faults_.emplace(line, std::move(text)); }
  bool empty() const { return faults_.empty(); }
  std::size_t size() const { return faults_.size(); }
  /// The same faults, of no line: where lines mean nothing to who reads them.
  void add_without_lines(Faults const& others);
  std::string report() const;  ///< "FILE:LINE: text" of every fault, in the file's order
  void throw_if_any() const;   ///< Error(usage) with the report

 private:
  std::filesystem::path file_;
  std::set<std::pair<long, std::string>> faults_;
};

}  // namespace muster
