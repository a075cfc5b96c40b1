#include "harness/record/rows_json.hpp"

#include "harness/record/json_archive.hpp"

namespace muster {

std::string rows_to_json(std::vector<std::string> const& keys,
                         std::vector<std::vector<std::string>> const& rows) {
  Json list = Json::array();
  for (auto const& row : rows) {
    if (row.size() != keys.size()) continue;
    Json object = Json::object();
    for (std::size_t i = 0; i < keys.size(); ++i) object[keys[i]] = row[i];
    list.push_back(std::move(object));
  }
  return pretty(list);
}

}  // namespace muster
