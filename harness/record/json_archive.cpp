#include "harness/record/json_archive.hpp"

#include <cmath>
#include <limits>

#include "harness/core/error.hpp"

namespace muster {

std::string Path::text() const {
  if (!parent_) return {};
  std::string const before = parent_->text();
  if (key_.data() == nullptr) return before + "[" + std::to_string(index_) + "]";
  return (before.empty() ? "" : before + ".") + std::string(key_);
}

void Path::fail(std::string const& problem) const {
  std::string const where = text();
  throw Error(ExitCode::usage, (where.empty() ? "the top level" : where) + ": " + problem);
}

void Path::not_finite() const {
  throw Error(ExitCode::wrong_numbers,
              text() + " is not a finite number (a defect in muster: such a value must not " +
                  "get this far) please report it with the run's journal");
}

namespace {

constexpr std::string_view cut_begin = " ... (", cut_end = " bytes cut)";

/// Of a text that has been cut before, as long as any of those: what is read and written again stays.
bool is_cut(std::string_view text) {
  constexpr std::size_t most_digits = 20;
  return text.ends_with(cut_end) &&
         text.size() <= JsonLimits::written_string_bytes + cut_begin.size() + most_digits + cut_end.size();
}

/// Not in the middle of a character.
std::size_t last_whole(std::string const& text, std::size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return bytes;
}

}  // namespace

std::string clipped(std::string const& text) {
  constexpr std::size_t limit = JsonLimits::written_string_bytes;
  if (text.size() <= limit || is_cut(text)) return text;
  auto const kept = last_whole(text, limit);
  return text.substr(0, kept) + std::string(cut_begin) + std::to_string(text.size() - kept) +
         std::string(cut_end);
}

Json encode_value(Value const& value, Path const& path) {
  return std::visit([&](auto const& held) { return encode(held, path); }, value);
}

namespace {

char const* kind(Json const& json) { return json.is_null() ? "null" : json.type_name(); }

[[noreturn]] void wrong_kind(Json const& json, Path const& path, char const* expected) {
  path.fail(std::string("expected ") + expected + ", got " + kind(json));
}

}  // namespace

Value decode_value(Json const& json, Path const& path) {
  if (json.is_string()) return decode_text(json, path);
  if (json.is_number_float()) return json.get<double>();
  if (json.is_number_integer()) return decode_signed(json, path);
  wrong_kind(json, path, "a number or text");
}

std::string decode_text(Json const& json, Path const& path) {
  if (!json.is_string()) wrong_kind(json, path, "text");
  return json.get<std::string>();
}

double decode_number(Json const& json, Path const& path) {
  if (!json.is_number()) wrong_kind(json, path, "a number");
  return json.get<double>();
}

std::int64_t decode_signed(Json const& json, Path const& path) {
  if (!json.is_number_integer()) wrong_kind(json, path, "a whole number");
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    path.fail("out of range");
  }
  return json.get<std::int64_t>();
}

std::uint64_t decode_unsigned(Json const& json, Path const& path) {
  if (!json.is_number_integer()) wrong_kind(json, path, "a whole number");
  if (!json.is_number_unsigned() && json.get<std::int64_t>() < 0) path.fail("out of range");
  return json.get<std::uint64_t>();
}

bool decode_bool(Json const& json, Path const& path) {
  if (!json.is_boolean()) wrong_kind(json, path, "true or false");
  return json.get<bool>();
}

void expect_array(Json const& json, Path const& path) {
  if (!json.is_array()) wrong_kind(json, path, "an array");
}

void expect_object(Json const& json, Path const& path) {
  if (!json.is_object()) wrong_kind(json, path, "an object");
}

Json encode_grid(std::size_t rows, std::size_t columns, std::vector<double> const& values, Path const& path) {
  if (values.size() != rows * columns) {
    throw Error(ExitCode::wrong_numbers, path.text() + ": " + std::to_string(values.size()) +
                                             " numbers do not fill " + std::to_string(rows) + " rows of " +
                                             std::to_string(columns) +
                                             " (a defect in muster) please report it with the run's journal");
  }
  Json grid = Json::array();
  for (std::size_t row = 0; row < rows; ++row) {
    Json cells = Json::array();
    for (std::size_t column = 0; column < columns; ++column) {
      double const value = values[row * columns + column];
      cells.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
    }
    grid.push_back(std::move(cells));
  }
  return grid;
}

namespace {

void expect_length(Json const& json, std::size_t length, Path const& path) {
  expect_array(json, path);
  if (json.size() == length) return;
  path.fail("has " + std::to_string(json.size()) + " entries where " + std::to_string(length) +
            " have a name");
}

}  // namespace

std::vector<double> decode_grid(Json const& json, std::size_t rows, std::size_t columns, Path const& path) {
  expect_length(json, rows, path);
  std::vector<double> values;
  values.reserve(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    Path const at(path, row);
    expect_length(json[row], columns, at);
    for (std::size_t column = 0; column < columns; ++column) {
      Json const& cell = json[row][column];
      values.push_back(cell.is_null() ? std::nan("") : decode_number(cell, Path(at, column)));
    }
  }
  return values;
}

void decode_params(Json const& json, Path const& path, Params& params) {
  expect_object(json, path);
  params = Params{};
  for (auto const& [name, item] : json.items()) params.set(name, decode_value(item, Path(path, name)));
}

Json const* Reader::find(std::string_view key) const {
  auto const found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace muster
