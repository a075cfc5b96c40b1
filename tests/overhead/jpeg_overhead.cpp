// JPEG decoding on one core against libjpeg-turbo's own benchmark program, on the same file, to the same
// format. Usage: muster_jpeg_overhead [ROUNDS]. Prints pixels per second of both, in turn, and the ratio of
// the medians.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "harness/core/statistics.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/synthetic.hpp"
#include "tests/overhead/read_and_jpeg_command.hpp"

namespace muster::overhead {
namespace {

using dataload::Extent;

constexpr double round_seconds = 1;

/// Pixels per second of JpegDecoder.
double ours(std::span<std::byte const> bytes) {
  using Clock = std::chrono::steady_clock;
  dataload::JpegDecoder decoder;
  dataload::ImageBuffer image;
  decoder.decode(bytes, image);
  auto const start = Clock::now();
  for (int calls = 1;; ++calls) {
    if (auto const why = decoder.decode(bytes, image); !why.empty()) throw std::runtime_error(why);
    double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds >= round_seconds) return calls * static_cast<double>(image.width) * image.height / seconds;
  }
}

/// Pixels per second as tjbench prints them: the last number of its table, in millions.
double theirs(std::filesystem::path const& file) {
  std::istringstream text(output_of(
      fmt::format("tjbench '{}' -rgb -quiet -warmup 0.1 -benchtime {}", file.string(), round_seconds)));
  double value = 0;
  for (std::string word; text >> word;) {
    char* end = nullptr;
    double const number = std::strtod(word.c_str(), &end);
    if (*end == '\0') value = number;
  }
  return value * 1e6;
}

void compare(Extent extent, int rounds) {
  dataload::PictureMaker maker;
  auto const made = maker.make(0, extent);
  std::vector<std::byte> const bytes(made.begin(), made.end());
  auto const file = std::filesystem::temp_directory_path() / fmt::format("muster-jpeg-{}.jpg", extent.width);
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  std::vector<double> own, other, ratios;
  for (int round = 0; round < rounds; ++round) {
    own.push_back(ours(bytes));
    other.push_back(theirs(file));
    ratios.push_back(own.back() / other.back());
  }
  fmt::print(
      "{} x {}, {} bytes: {:.1f} Mpixel/s, tjbench {:.1f}; ratio of medians {:.3f}, median of ratios {:.3f} "
      "(target 0.95)\n",
      extent.width, extent.height, bytes.size(), median(own) / 1e6, median(other) / 1e6,
      median(own) / median(other), median(ratios));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace muster::overhead

int main(int argc, char** argv) {
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  muster::overhead::compare({500, 375}, rounds);
  muster::overhead::compare({1280, 960}, rounds);
}
