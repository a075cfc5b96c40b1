// The three loops of HostPreprocessor, each compiled for the instruction sets that CPUs have.
#pragma once
#include <cstddef>
#include <cstdint>

namespace muster::dataload {

/// How many source rows blend_rows takes at a time.
inline constexpr std::size_t rows_at_once = 4;

/// to[i] = sum of weights[k] * rows[k][i] over rows_at_once rows, for i below `count`; added to what is there
/// where `add`.
void blend_rows(std::uint8_t const* const* rows, float const* weights, std::size_t count, bool add,
                float* to);

/// Output pixel x, four floats at 4 * x of `to`: the sum over k below `taps` of weights[x * taps + k] *
/// (four floats at places[x] + 3 * k of `from`): red, green, blue and something that does not matter.
void resample_pixels(float const* from, int const* places, float const* weights, std::size_t taps,
                     std::size_t size, float* to);

/// Channel of the pixels made into floats in a row of their own: value * scale + shift.
void normalise_row(float const* pixels, std::size_t channel, float scale, float shift, std::size_t size,
                   float* to);
/// The same, rounded to 16 bits.
void normalise_row_fp16(float const* pixels, std::size_t channel, float scale, float shift, std::size_t size,
                        std::uint16_t* to);
void normalise_row_bf16(float const* pixels, std::size_t channel, float scale, float shift, std::size_t size,
                        std::uint16_t* to);

}  // namespace muster::dataload
