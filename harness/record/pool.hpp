// Texts of which many are equal, each kept once.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace muster {

/// Finds a text's place in a list, and adds it where it is not there.
class Pool {
 public:
  explicit Pool(std::vector<std::string>& list) : list_(list) {
    for (std::uint32_t place = 0; auto const& text : list)
      places_.emplace(text, place++);  // the first of equal ones
  }
  std::uint32_t place(std::string const& text) {
    auto const [found, fresh] = places_.try_emplace(text, static_cast<std::uint32_t>(list_.size()));
    if (fresh) list_.push_back(text);
    return found->second;
  }

 private:
  std::vector<std::string>& list_;
  std::unordered_map<std::string, std::uint32_t> places_;
};

}  // namespace muster
