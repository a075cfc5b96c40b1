#include "harness/record/rank_lines.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>

#include "harness/core/error.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/pool.hpp"

namespace muster {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

bool whole(double value, double limit) { return value >= 0 && value <= limit && value == std::floor(value); }

/// False: not what this column holds.
using SetNumber = bool (*)(RankSample&, double);

struct NumberColumn {
  std::string_view name;
  SetNumber set;
};

template <auto Member>
bool set_any(RankSample& sample, double value) {
  sample.*Member = value;
  return true;
}

template <auto Member>
bool set_whole(RankSample& sample, double value) {
  using T = std::remove_reference_t<decltype(sample.*Member)>;
  if (!whole(value, 2147483647)) return false;
  sample.*Member = static_cast<T>(value);
  return true;
}

constexpr std::array<NumberColumn, 8> number_columns{{
    {"rank", set_whole<&RankSample::rank>},
    {"device", set_whole<&RankSample::device>},
    {"median", set_any<&RankSample::median>},
    {"percent_at_clock", set_any<&RankSample::percent_at_clock>},
    {"clock_hz", set_any<&RankSample::clock_hz>},
    {"temperature_c", set_any<&RankSample::temperature_c>},
    {"power_watts", set_any<&RankSample::power_watts>},
    {"throttled_samples", set_whole<&RankSample::throttled_samples>},
}};

/// One line's object, told by the library as it reads.
class LineReader : public nlohmann::json_sax<Json> {
 public:
  LineReader(NodeSamples& node, Pool& uuids, Pool& taints, std::size_t cases)
      : node_(node), uuids_(uuids), taints_(taints), cases_(cases) {}

  bool null() override {
    return cell([](RankSample&) { return true; });
  }
  bool boolean(bool) override { return pass_over(); }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool number_float(number_float_t value, string_t const&) override { return number(value); }
  bool string(string_t& value) override {
    if (value.size() > JsonLimits::string_bytes) return refuse("a string of more than 64 KiB");
    return cell([&](RankSample& sample) { return set_text(sample, value); });
  }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override {
    return depth_++ == 0 || refuse("an object within the line's object");
  }
  bool start_array(std::size_t) override {
    row_ = 0;
    return depth_++ == 1 || refuse("a list where none belongs");
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    if (!rows_known_) rows_known_ = true;
    return row_ == rows_.size() || refuse("columns of different lengths");
  }
  bool key(string_t& name) override {
    key_ = name;
    set_ = nullptr;
    for (auto const& column : number_columns) {
      if (column.name == name) set_ = column.set;
    }
    return true;
  }
  bool parse_error(std::size_t, std::string const&, nlohmann::detail::exception const& error) override {
    return refuse(error.what());
  }

  /// Hands on what the line held; what was wrong in it, "" where nothing was.
  std::string finish() {
    if (!error_.empty()) return error_;
    if (case_ < 0 || launch_ < 0) return "no object with case_index and launch";
    for (auto& sample : rows_) {
      sample.launch = launch_;
      if (std::isfinite(sample.median)) node_.entries.emplace_back(static_cast<std::size_t>(case_), sample);
    }
    return "";
  }
  std::string const& error() const { return error_; }

 private:
  bool refuse(std::string problem) {
    error_ = std::move(problem);
    return false;
  }
  bool wrong_value() { return refuse(fmt::format("a value in '{}' that does not belong there", key_)); }
  bool pass_over() {
    return cell([](RankSample&) { return true; });
  }

  bool number(double value) {
    if (depth_ == 1) return head(value);
    return cell([&](RankSample& sample) { return set_ == nullptr || set_(sample, value); });
  }
  bool head(double value) {
    if (key_ == "case_index") {
      case_ = whole(value, static_cast<double>(cases_) - 1) ? static_cast<int>(value) : -1;
      return case_ >= 0 || refuse("case_index is none of the document's cases");
    }
    if (key_ != "launch") return true;
    launch_ = whole(value, 1e6) ? static_cast<int>(value) : -1;
    return launch_ >= 0 || wrong_value();
  }
  bool set_text(RankSample& sample, std::string const& text) {
    if (key_ == "tainted") sample.taint = taints_.place(text);
    if (key_ == "device_uuid") sample.uuid = uuids_.place(text);
    sample.tainted = sample.tainted || key_ == "tainted";
    return set_ == nullptr;
  }

  template <class F>
  bool cell(F const& set) {
    if (depth_ == 0) return refuse("no object");
    if (depth_ == 1) return true;
    if (!rows_known_) rows_.emplace_back().median = unknown;
    if (row_ == rows_.size()) return refuse("columns of different lengths");
    return set(rows_[row_++]) || wrong_value();
  }

  NodeSamples& node_;
  Pool &uuids_, &taints_;
  std::size_t cases_;
  int depth_ = 0, case_ = -1, launch_ = -1;
  std::string key_, error_;
  SetNumber set_ = nullptr;
  std::vector<RankSample> rows_;
  std::size_t row_ = 0;
  bool rows_known_ = false;
};

}  // namespace

NodeSamples read_rank_lines(std::string_view text, std::size_t cases) {
  NodeSamples node;
  Pool uuids(node.uuids), taints(node.taints);
  for (int number = 1; !text.empty(); ++number) {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    LineReader reader(node, uuids, taints, cases);
    Json::sax_parse(line.begin(), line.end(), &reader);
    if (auto const problem = reader.finish(); !problem.empty())
      throw Error(ExitCode::usage, fmt::format("line {}: {}", number, problem));
  }
  return node;
}

}  // namespace muster
