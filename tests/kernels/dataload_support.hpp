// Small sets of pictures, good and bad, for the dataload tests.
#pragma once
#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/dataload/synthetic.hpp"
#include "tests/kernels/support.hpp"

namespace muster::dataload::test {

namespace fs = std::filesystem;
using muster::test::make_case;
using muster::test::params_of;
using muster::test::Solo;

/// A folder of a test's own, gone when the test ends.
class TestFolder {
 public:
  TestFolder() {
    auto const* const info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = fs::path(testing::TempDir()) /
            (std::string("muster-") + info->test_suite_name() + "-" + info->name());
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  TestFolder(TestFolder const&) = delete;
  TestFolder& operator=(TestFolder const&) = delete;
  ~TestFolder() { fs::remove_all(path_); }
  fs::path const& path() const { return path_; }
  fs::path operator/(std::string const& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline void write_file(fs::path const& path, std::span<std::byte const> bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline void write_text(fs::path const& path, std::string const& text) {
  write_file(path, std::as_bytes(std::span(text)));
}

/// A whole picture of 96 x 64 (or what is asked for).
inline std::vector<std::byte> picture(std::uint64_t index, Extent extent = {96, 64}) {
  PictureMaker maker;
  auto const bytes = maker.make(index, extent);
  return {bytes.begin(), bytes.end()};
}

/// A ramp, encoded from `format` at `subsampling`.
inline std::vector<std::byte> ramp(int width, int height, int format, int subsampling) {
  std::vector<unsigned char> pixels(static_cast<std::size_t>(width * height * tjPixelSize[format]));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<unsigned char>(i / 7);
  tjhandle const handle = tjInitCompress();
  unsigned char* encoded = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(handle, pixels.data(), width, 0, height, format, &encoded, &size, subsampling, 90, 0),
            0);
  auto const* const begin = reinterpret_cast<std::byte const*>(encoded);
  std::vector<std::byte> bytes(begin, begin + size);
  tjFree(encoded);
  tjDestroy(handle);
  return bytes;
}

inline void flip_byte(fs::path const& path, std::uint64_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  int const byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 0x55));
}

/// Notes come to `notes`.
struct SoloWithNotes : Solo {
  std::vector<std::string> notes{};
  SoloWithNotes() {
    context.note = [this](std::string text) { notes.push_back(std::move(text)); };
  }
};

/// The parameters of a small case: 24 pictures of about 96 x 64, batches of 8, output 32 x 32.
inline Params small(std::string const& workload, std::vector<std::pair<std::string, Value>> more = {}) {
  Params params = params_of(
      workload, {{"images", std::int64_t{24}}, {"width", std::int64_t{96}}, {"height", std::int64_t{64}}});
  if (params.has("batch")) params.set("batch", std::int64_t{8});
  if (params.has("size")) params.set("size", std::int64_t{32});
  if (params.has("storage")) params.set("storage", std::string("any"));  // wherever tests lie
  if (params.has("block")) params.set("block", std::int64_t{8192});
  for (auto& [name, value] : more) params.set(name, value);
  return params;
}

}  // namespace muster::dataload::test
