// One [[layer]] of a model's file.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>

#include "harness/plan/model.hpp"
#include "harness/plan/table_reader.hpp"

namespace muster {

struct ReadLayer {
  Layer layer;
  At<std::string> block;  ///< "": none
  long line = 0;
};

/// Linear, or a convolution as implicit GEMM. Adds what is wrong to `faults`; the shape is then 0 or 1
/// somewhere.
ReadLayer read_layer(toml::table const& table, Faults& faults);

/// The product of numbers from 0 on; absent where it is beyond 2^62.
std::optional<std::int64_t> product_of(std::initializer_list<std::int64_t> factors);

}  // namespace muster
