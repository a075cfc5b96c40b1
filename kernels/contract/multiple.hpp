// A fault that several workloads look for: a size that their kernels cannot cut into whole pieces.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/contract/params.hpp"

namespace muster {

/// For Workload::check: parameter `name` has to be a multiple of `of`, because of `why`.
inline std::function<std::vector<std::string>(Params const&)> must_be_multiple(std::string name,
                                                                               std::int64_t of,
                                                                               std::string why) {
  return [=](Params const& params) -> std::vector<std::string> {
    auto const value = params.integer(name);
    if (value % of == 0) return {};
    auto const number = std::to_string(of);
    return {"parameter '" + name + "' = " + std::to_string(value) + " is not a multiple of " + number + " (" +
            why + ") use a multiple of " + number};
  };
}

}  // namespace muster
