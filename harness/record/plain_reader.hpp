// Reads a line that this program wrote, straight into its value: keys in the order of `fields`, plain ASCII
// texts, no tree in between. Whatever looks otherwise (another version's line, a torn one) makes it give up,
// and the strict parser of json_archive.hpp decides. A large run's journals hold gigabytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/record/journal.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {

class PlainReader {
 public:
  explicit PlainReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  /// Appends to `lists` every list that is read from now on, inner ones first.
  void note_lists(std::vector<RawList>* lists) { lists_ = lists; }

  /// Of long lists (samples, device readings) only the first item is read: whether there are any is kept.
  void be_brief() { brief_ = true; }

  /// Opens an object whose first member is `key`, a text. Empty where that is not so.
  std::string_view open_tagged(std::string_view key);
  /// The rest of the object that open_tagged() began.
  template <class T>
  bool rest(T& value) {
    fields(*this, value);
    close('}');
    return good() && at_ == end_;
  }
  bool good() const { return at_ != nullptr; }

  template <class T>
  void operator()(std::string_view key, T& value) {
    if (!take_key(key)) return give_up();
    read_noted(key, value);
  }
  template <class T>
  void operator()(std::string_view key, std::optional<T>& value) {
    value.reset();
    if (take_key(key)) read(value.emplace());
  }
  template <class T>
  void when(bool, std::string_view key, T& value) {
    if (take_key(key)) read_noted(key, value);
  }
  template <class F>
  void group(std::string_view key, F&& fill) {
    if (!take_key(key)) return give_up();
    open('{');
    fill(*this);
    close('}');
  }
  template <class T, class F>
  void optional_group(std::string_view key, std::optional<T>& value, F&& fill) {
    value.reset();
    if (!take_key(key)) return;
    open('{');
    fill(*this, value.emplace());
    close('}');
  }
  /// Tables have nulls in them and are rare.
  void grid(std::string_view, std::size_t, std::size_t, std::vector<double>&) { give_up(); }

 private:
  void give_up() { at_ = nullptr; }
  bool next_is(char c) const { return good() && at_ != end_ && *at_ == c; }
  void expect(char c) { next_is(c) ? void(++at_) : give_up(); }
  void open(char bracket) {
    expect(bracket);
    first_ = true;
  }
  void close(char bracket) {
    expect(bracket);
    first_ = false;
  }
  void separator() {
    if (!first_) expect(',');
    first_ = false;
  }
  bool take_key(std::string_view key);  ///< false, and nothing read, where another one stands here
  std::string_view plain_text();        ///< without its quotes
  std::string_view number_text();
  void read_number(double& value);
  void read_number(std::int64_t& value);
  void read_number(std::uint64_t& value);

  template <class T>
  void read_noted(std::string_view key, T& value) {
    char const* const begin = at_;
    read(value);
    if (lists_ && good() && VectorOf<T>::value)
      lists_->push_back({key, {begin, static_cast<std::size_t>(at_ - begin)}});
  }

  template <class T>
  static constexpr bool is_long = std::is_floating_point_v<T> || std::is_same_v<T, Reading>;
  void skip_items();  ///< to the end of the list in which this stands

  template <class T>
  void read_list(std::vector<T>& values) {
    open('[');
    values.clear();
    if (brief_ && is_long<T> && !next_is(']')) {
      read(values.emplace_back());
      skip_items();
    }
    if (!next_is(']')) values.reserve(usual_length);
    while (good() && !next_is(']')) {
      separator();
      read(values.emplace_back());
    }
    close(']');
  }

  template <class T>
  void read_named(std::vector<std::pair<std::string, T>>& values) {
    open('{');
    values.clear();
    while (good() && !next_is('}')) {
      separator();
      std::string name(plain_text());
      for (auto const& [other, value] : values) {
        if (other == name) give_up();
      }
      expect(':');
      if (good()) read(values.emplace_back(std::move(name), T{}).second);
    }
    close('}');
  }

  template <class T>
  void read_word(T& value) {
    auto const text = plain_text();
    for (T const candidate : all_of(T{})) {
      if (good() && word(candidate) == text) return void(value = candidate);
    }
    give_up();
  }

  template <class T>
  void read_whole(T& value) {
    std::conditional_t<std::is_unsigned_v<T>, std::uint64_t, std::int64_t> wide = 0;
    read_number(wide);
    std::in_range<T>(wide) ? void(value = static_cast<T>(wide)) : give_up();
  }

  void read_flag(bool& value);

  template <class T>
  void read(T& value) {
    if (!good()) return;
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::filesystem::path>) {
      value = plain_text();
    } else if constexpr (std::is_same_v<T, Value> || std::is_same_v<T, Params>) {
      give_up();  // of plans only
    } else if constexpr (std::is_enum_v<T>) {
      read_word(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      read_flag(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      read_number(value);
    } else if constexpr (std::is_integral_v<T>) {
      read_whole(value);
    } else if constexpr (NamedVector<T>::value) {
      read_named(value);
    } else if constexpr (VectorOf<T>::value) {
      read_list(value);
    } else {
      open('{');
      fields(*this, value);
      close('}');
    }
  }

  static constexpr std::size_t usual_length = 16;

  char const* at_;  ///< null: gave up
  char const* end_;
  bool first_ = true;  ///< in the innermost object or list: nothing stands before the next member
  std::vector<RawList>* lists_ = nullptr;
  bool brief_ = false;
};

}  // namespace muster
