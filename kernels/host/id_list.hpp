// Lists of CPUs and NUMA nodes as Linux writes them: "0-3,8".
#pragma once
#include <charconv>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Throws std::invalid_argument for anything else. "" is no ids.
inline std::vector<int> parse_id_list(std::string const& text) {
  auto const number = [](std::string_view part) {
    int value = 0;
    auto const [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc{} || end != part.data() + part.size())
      throw std::invalid_argument("'" + std::string(part) + "' is no number of a CPU or node");
    return value;
  };
  std::vector<int> ids;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    auto const dash = part.find('-');
    int const first = number(std::string_view(part).substr(0, dash));
    int const last = dash == std::string::npos ? first : number(std::string_view(part).substr(dash + 1));
    for (int id = first; id <= last; ++id) ids.push_back(id);
  }
  return ids;
}

/// Three and more that follow one another as a range.
inline std::string id_list_text(std::vector<int> const& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    bool const inside = i > 0 && i + 1 < ids.size() && ids[i - 1] + 1 == ids[i] && ids[i] + 1 == ids[i + 1];
    if (inside) continue;
    bool const ends_range = i > 1 && ids[i - 1] + 1 == ids[i] && ids[i - 2] + 2 == ids[i];
    text += text.empty() ? "" : ends_range ? "-" : ",";
    text += std::to_string(ids[i]);
  }
  return text;
}

}  // namespace muster
