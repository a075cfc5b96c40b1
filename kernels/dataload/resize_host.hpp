// Crop, resize and normalise on the CPU: the separable form of preprocess.hpp, row by row.
#pragma once
#include <vector>

#include "kernels/dataload/preprocess.hpp"

namespace muster::dataload {

/// One for each thread; keeps its memory. Agrees with preprocess_value to preprocess_tolerance.
class HostPreprocessor {
 public:
  explicit HostPreprocessor(int size);
  /// `out`: 3 x size x size floats, channel by channel.
  void run(ImageView const& image, float* out);

 private:
  void blend_rows(ImageView const& image, Tap const& down);
  void resample_row(float* out) const;

  int size_;
  std::vector<Tap> across_;
  int first_column_ = 0, columns_ = 0;  ///< of the source, that any output pixel touches
  std::vector<float> row_{};
};

}  // namespace muster::dataload
