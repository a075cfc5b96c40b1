// Numbers among what a GPU's driver told of it.
#pragma once
#include <optional>
#include <string_view>

#include "harness/analyze/parts.hpp"

namespace muster {

/// The number that a fact begins with. Absent without the fact, the number or the device (null).
std::optional<double> number_of_fact(DeviceInfo const* device, std::string_view fact);

/// Its text; "" where there is none.
std::string text_of_fact(DeviceInfo const& device, std::string_view fact);

/// The median over all GPUs of that model (Part::model).
std::optional<double> usual_fact(PartFigures const& figures, int model, std::string_view fact);

}  // namespace muster
