// What nccl-tests prints. Format: its src/util.cu (2.19) and, before 2.17, src/common.cu: a heading names the
// columns, whose number has changed over the years, and rows follow; other programs' lines may stand between.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "harness/core/error.hpp"
#include "harness/record/nccl_rows.hpp"

namespace muster {
namespace {

using Words = std::vector<std::string_view>;

Words words_of(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  Words words;
  for (auto at = line.find_first_not_of(blanks); at != std::string_view::npos;) {
    auto const end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(blanks, end);
  }
  return words;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Without what launchers put before every line: "[1,0]<stdout>:" of mpirun, "0: " of srun -l.
std::string_view unlabelled(std::string_view line) {
  constexpr std::string_view tag = "<stdout>:";
  if (line.starts_with('[')) {
    auto const at = line.find(tag);
    return at == std::string_view::npos ? line : line.substr(at + tag.size());
  }
  auto const colon = line.find(": ");
  auto const number = words_of(line.substr(0, std::min(colon, line.size())));
  return colon != std::string_view::npos && number.size() == 1 && all_digits(number[0])
             ? line.substr(colon + 2)
             : line;
}

bool is_heading(Words const& words) {
  return words.size() >= 7 && words[0] == "#" && words[1] == "size" && words[2] == "count" &&
         words[3] == "type" && std::ranges::find(words, "busbw") != words.end();
}

template <class Number>
std::optional<Number> number_in(std::string_view word) {
  Number value{};
  auto const [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

class NcclText {
 public:
  explicit NcclText(std::string const& name) : name_(name) {
    auto& run = result_.about.run;
    run.status = RunStatus::complete;
    run.launcher = run.version = "nccl-tests";
    run.backend = "cuda";
    run_.number = -1;
    run_.program = name;
  }

  void line(std::string_view text) {
    ++number_;
    auto const words = words_of(unlabelled(text));
    if (words.empty()) return;
    if (words[0] == "#") {
      comment(words);
    } else if (is_row(words)) {
      row(words);
    }
  }

  ForeignResult take() {
    if (result_.rows.empty())
      throw Error(ExitCode::usage, "nccl-tests' output without any result (cut off?)");
    if (!ended_) {
      result_.about.run.status = RunStatus::aborted;
      result_.notes.push_back("the last run of nccl-tests did not come to its end (cut off, or it failed)");
    }
    if (empty_ > 0)
      result_.notes.push_back(fmt::format("{} rows of 0 bytes were left out (sizes rounded down)", empty_));
    note_nccl_limits(result_);
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::string const& problem) const {
    throw Error(ExitCode::usage, fmt::format("line {}: {}", number_, problem));
  }

  void comment(Words const& words) {
    if (is_heading(words)) return heading(words);
    if (words.size() < 3) return;
    if (words[1] == "nThread") begin();
    if (words[1] == "nccl-tests" && words[2] == "version") versions(words);
    if (words[1] == "Collective" && words[2] == "test" && words.size() > 4 && words[3] == "starting:")
      run_.program = words[4];
    if (words[1] == "Rank") device(words);
    if (words[1] == "(B)") units(words);
    if (words[1] == "Out" || words[1] == "Avg") ended_ = true;
  }

  void begin() {
    ranks_.clear();
    run_.ranks = 0;
    columns_.clear();
  }

  void versions(Words const& words) {
    result_.about.run.version = fmt::format("nccl-tests {}", words.size() > 3 ? words[3] : "");
    run_.program = name_;  // the next line may say it
    for (auto const word : words) {
      constexpr std::string_view library = "nccl-library=";
      if (!word.starts_with(library)) continue;
      if (auto const version = number_in<int>(word.substr(library.size())); version && *version > 0)
        nccl_ = nccl_version_words(*version);
    }
  }

  /// "#  Rank  0 Group  0 Pid  123 on HOST device  0 [0000:07:00] NVIDIA A100-SXM4-40GB"
  void device(Words const& words) {
    auto const on = std::ranges::find(words, "on");
    if (words.end() - on < 5 || on[2] != "device") return;
    auto const rank = number_in<int>(words[2]), index = number_in<int>(on[3]);
    if (!rank || !index || *rank < 0) return;
    ranks_.insert(*rank);
    run_.ranks = static_cast<int>(ranks_.size());
    if (run_.number >= 0) return;  // of the first run; others are on the same
    std::string pci, name;
    for (auto word = on + 4; word != words.end(); ++word) {
      bool const address = pci.empty() && word->starts_with('[');
      auto& part = address ? pci : name;
      part += (part.empty() ? "" : " ") + std::string(*word);
    }
    std::erase_if(pci, [](char c) { return c == '[' || c == ']'; });
    add_nccl_device(result_.about, std::string(on[1]), *index, pci, name);
    auto& software = result_.about.nodes.back().software;
    if (!nccl_.empty() && software.empty()) software.emplace_back("NCCL", nccl_);
  }

  void heading(Words const& words) {
    columns_.assign(words.begin() + 1, words.end());
    auto const is_time = [](std::string const& name) { return name == "time" || name == "cputime"; };
    auto const first = std::ranges::find_if(columns_, is_time);
    auto const second = first == columns_.end() ? first : std::find_if(first + 1, columns_.end(), is_time);
    if (second == columns_.end()) fail("a heading without two times, out of place and in place");
    keys_ = static_cast<std::size_t>(first - columns_.begin());
    group_ = static_cast<std::size_t>(second - first);
    cpu_time_ = *first == "cputime";
    run_.number += 1;
    ended_ = false;
  }

  void units(Words const& words) const {
    constexpr std::string_view known = "(B) (elements) (us) (GB/s) (%) ";
    for (auto const word : words) {
      bool const unit = word.starts_with('(');
      if (unit && known.find(std::string(word) + " ") == std::string_view::npos)
        fail(fmt::format("the unit {} is none of nccl-tests' (B), (elements), (us), (GB/s)", word));
    }
  }

  bool is_row(Words const& words) const {
    return !columns_.empty() && words.size() >= 3 && all_digits(words[0]) && all_digits(words[1]) &&
           !all_digits(words[2]) && words[2].find(':') == std::string_view::npos;
  }

  std::string_view key(Words const& words, char const* column) const {
    auto const found =
        std::find(columns_.begin(), columns_.begin() + static_cast<std::ptrdiff_t>(keys_), column);
    auto const at = static_cast<std::size_t>(found - columns_.begin());
    return at < keys_ && at < words.size() ? words[at] : std::string_view();
  }

  /// Columns of a placement start at `from`.
  std::string_view part(Words const& words, std::size_t from, std::string_view column) const {
    for (std::size_t i = 0; i < group_; ++i) {
      if (columns_[keys_ + i] == column) return words[from + i];
    }
    return {};
  }

  double figure(Words const& words, std::size_t from, std::string_view column) const {
    auto const word = part(words, from, column);
    if (word == "N/A") return std::numeric_limits<double>::quiet_NaN();
    auto const value = number_in<double>(word);
    if (!value) fail(fmt::format("'{}' in the column {} is no number", word, column));
    return *value;
  }

  /// Before 2.13 a column "error" held the largest difference, which allows for rounding: no count of wrong
  /// elements.
  double wrong(Words const& words, std::size_t from) const {
    return part(words, from, "#wrong").empty() ? std::numeric_limits<double>::quiet_NaN()
                                               : figure(words, from, "#wrong");
  }

  NcclRow common_part(Words const& words) const {
    NcclRow row;
    auto const bytes = number_in<std::uint64_t>(key(words, "size")),
               count = number_in<std::uint64_t>(key(words, "count"));
    constexpr std::uint64_t most = std::uint64_t{1} << 50;
    if (!bytes || !count || *bytes > most) fail("a size that is none");
    row.bytes = *bytes;
    row.count = *count;
    row.type = key(words, "type");
    row.reduction = key(words, "redop");
    row.root = number_in<int>(key(words, "root")).value_or(-1);
    row.cpu_time = cpu_time_;
    return row;
  }

  void row(Words words) {
    name_the_nameless(words);
    bool const one_placement = words.size() == keys_ + group_;
    if (!one_placement && words.size() < keys_ + 2 * group_)
      fail(fmt::format("{} columns where {} have a name (cut off?)", words.size(), keys_ + 2 * group_));
    auto const common = common_part(words);
    if (common.bytes == 0) return void(++empty_);
    for (std::size_t place = one_placement ? 1 : 0; place < 2; ++place)
      add(words, keys_ + (one_placement ? 0 : place * group_), common, place == 1);
  }

  /// Operations without a reduction had nothing in that column before nccl-tests 2.11: a number follows then.
  void name_the_nameless(Words& words) const {
    auto const at = static_cast<std::size_t>(std::ranges::find(columns_, "redop") - columns_.begin());
    if (at < keys_ && at < words.size() && number_in<double>(words[at]))
      words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), "none");
  }

  void add(Words const& words, std::size_t from, NcclRow row, bool in_place) {
    row.in_place = in_place;
    row.microseconds = figure(words, from, cpu_time_ ? "cputime" : "time");
    row.algorithm_gb = figure(words, from, "algbw");
    row.bus_gb = figure(words, from, "busbw");
    row.wrong = wrong(words, from);
    result_.rows.push_back(nccl_row(run_, row));
  }

  std::string name_, nccl_;
  ForeignResult result_;
  NcclRun run_;
  std::set<int> ranks_;
  std::vector<std::string> columns_;
  std::size_t keys_ = 0, group_ = 0;  ///< columns before the first time; of one placement
  bool cpu_time_ = false, ended_ = false;
  int empty_ = 0;
  std::size_t number_ = 0;
};

template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    if (!take(text.substr(0, end))) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

bool is_nccl_tests_text(std::string_view text) {
  bool found = false;
  each_line(text, [&](std::string_view line) {
    found = line.find("busbw") != std::string_view::npos && is_heading(words_of(unlabelled(line)));
    return !found;
  });
  return found;
}

ForeignResult nccl_tests_result(std::string_view text, std::string const& name) {
  NcclText reader(name);
  each_line(text, [&](std::string_view line) {
    reader.line(line);
    return true;
  });
  return reader.take();
}

}  // namespace muster
