// JSON as text: a strict parser on top of the library's event interface, and a layout that people can read.
#include <algorithm>

#include "harness/core/error.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {
namespace {

/// Builds the value and refuses what the library lets pass: duplicate keys, excessive depth and sizes.
class StrictBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit StrictBuilder(std::string_view text) : text_(text) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, string_t const&) override { return add(value); }
  bool string(string_t& value) override { return short_enough(value) && add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Json& object = *stack_.back();
    if (!short_enough(name)) return false;
    if (object.contains(name)) return refuse("duplicate key '" + name + "'", path());
    if (object.size() == JsonLimits::members) return refuse("an object with too many members", path());
    next_ = &object[name];
    return true;
  }

  bool parse_error(std::size_t bytes, std::string const&, nlohmann::detail::exception const& error) override {
    std::string const text =
        error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    auto const bracket = text.find("] ");
    error_ = bracket == std::string::npos ? text : text.substr(bracket + 2);
    if (error_.find(" line ") == std::string::npos) error_ = place_of(bytes) + ": " + error_;
    return false;
  }

  Json take() { return std::move(root_); }
  std::string const& error() const { return error_; }

 private:
  template <class T>
  Json* place(T&& value) {
    ++values_;
    if (stack_.empty()) {
      root_ = std::forward<T>(value);
      return &root_;
    }
    if (stack_.back()->is_array()) return &stack_.back()->emplace_back(std::forward<T>(value));
    *next_ = std::forward<T>(value);
    return next_;
  }
  template <class T>
  bool add(T&& value) {
    if (values_ == JsonLimits::values) return refuse("too many values");
    place(std::forward<T>(value));
    return true;
  }
  bool open(Json container) {
    if (values_ == JsonLimits::values) return refuse("too many values");
    if (stack_.size() == JsonLimits::depth) return refuse("nested too deeply");
    stack_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }
  bool short_enough(string_t const& text) {
    return text.size() <= JsonLimits::string_bytes || refuse("a string of more than 64 KiB");
  }
  bool refuse(std::string const& what, std::string const& where) {
    error_ = (where.empty() ? "" : where + ": ") + what;
    return false;
  }
  bool refuse(std::string const& what) { return refuse(what, path_of_next()); }

  static std::string step(Json const& container, std::size_t index) {
    if (container.is_array()) return "[" + std::to_string(index) + "]";
    return container.empty() ? "" : "." + container.get_ref<Json::object_t const&>().back().first;
  }
  /// Of the innermost container. The library does not tell handlers where they are, but the last thing in
  /// each open container is the next one.
  std::string path() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < stack_.size(); ++i) text += step(*stack_[i], stack_[i]->size() - 1);
    return text.starts_with('.') ? text.substr(1) : text;
  }
  std::string path_of_next() const {
    if (stack_.empty()) return {};
    auto const text = path() + step(*stack_.back(), stack_.back()->size());
    return text.starts_with('.') ? text.substr(1) : text;
  }

  std::string place_of(std::size_t bytes) const {
    auto const before = text_.substr(0, bytes);
    auto const line = std::ranges::count(before, '\n') + 1;
    auto const column = before.size() - (before.rfind('\n') + 1);  // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
  }

  std::string_view text_;

  Json root_;
  std::vector<Json*> stack_;  // only the innermost container grows, so these stay valid
  Json* next_ = nullptr;
  std::size_t values_ = 0;
  std::string error_;
};

constexpr std::size_t columns = 110;

/// Puts what fits on one line there; `column` is where the value's first line starts.
std::string laid_out(Json const& value, std::size_t indent, std::size_t column) {
  if (!value.is_structured() || value.empty()) return compact(value);
  bool const object = value.is_object();
  std::vector<std::string> parts;
  std::size_t width = column + 2;
  bool fits = true;
  for (auto const& [name, item] : value.items()) {
    std::string const head = object ? compact(Json(name)) + ": " : "";
    parts.push_back(head + laid_out(item, indent + 2, indent + 2 + head.size()));
    width += parts.back().size() + 2;
    fits = fits && parts.back().find('\n') == std::string::npos;
  }
  fits = fits && width <= columns;
  std::string const gap = fits ? "" : "\n" + std::string(indent + 2, ' ');
  std::string text(1, object ? '{' : '[');
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : fits ? ", " : ",") + gap + parts[i];
  return text + (fits ? "" : "\n" + std::string(indent, ' ')) + (object ? '}' : ']');
}

}  // namespace

Json parse_json(std::string_view text) {
  if (text.size() > JsonLimits::text_bytes) throw Error(ExitCode::usage, "the file is larger than 256 MiB");
  StrictBuilder builder(text);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) throw Error(ExitCode::usage, builder.error());
  return builder.take();
}

std::string compact(Json const& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string pretty(Json const& value) { return laid_out(value, 0, 0) + "\n"; }

}  // namespace muster
