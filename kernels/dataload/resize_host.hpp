// Crop, mirror, resize and normalise on the CPU: the separable form of preprocess.hpp, row by row.
#pragma once
#include <cstddef>
#include <vector>

#include "kernels/dataload/preprocess.hpp"

namespace muster::dataload {

/// One for each thread; keeps its memory. Agrees with preprocess_value to preprocess_tolerance.
class HostPreprocessor {
 public:
  explicit HostPreprocessor(OutputSpec const& spec);
  /// `out`: spec.bytes() bytes.
  void run(ImageView const& image, Crop const& crop, std::byte* out);

 private:
  struct Span {
    Taps taps{};
    std::size_t weights = 0;  ///< where its weights begin, which sum to 1
  };

  void plan(Axis const& axis, std::vector<Span>& spans, std::vector<float>& weights) const;
  void resample_down(ImageView const& image, Span const& down);
  void resample_across(Crop const& crop, int channel, std::byte* out);
  void store(float value, std::byte* out, int at) const;

  OutputSpec spec_;
  std::vector<Span> down_{}, across_{};
  std::vector<float> down_weights_{}, across_weights_{};
  int first_column_ = 0;  ///< of the source, that any output pixel touches
  std::vector<float> row_{};
};

}  // namespace muster::dataload
