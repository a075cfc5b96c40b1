// A file that is seen under its name only when it is whole.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "kernels/contract/dataset.hpp"

namespace muster::dataload {

inline constexpr char const* unfinished_suffix = ".part";

/// "cannot write 'FILE' (no space left on device) free some space, ...".
NotSaved cannot_write(std::filesystem::path const& file, int reason);

/// Writes NAME.part; finish() flushes it to the device and gives it its name. Gone again unless finished.
/// Everything throws NotSaved.
class OutputFile {
 public:
  explicit OutputFile(std::filesystem::path path);
  OutputFile(OutputFile const&) = delete;
  OutputFile& operator=(OutputFile const&) = delete;
  ~OutputFile();
  void write(void const* data, std::size_t size);
  void finish();
  std::uint64_t position() const { return position_; }  ///< bytes written so far

 private:
  std::filesystem::path path_, unfinished_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;
};

}  // namespace muster::dataload
