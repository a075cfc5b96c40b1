// A folder of JPEG files of one size, as the synthetic set makes them: what programs that are compared all
// read. Usage: muster_peer_pictures FOLDER COUNT WIDTH HEIGHT [QUALITY]
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/synthetic.hpp"

namespace muster::peers {
namespace {

void write_pictures(std::filesystem::path const& folder, int count, dataload::Extent extent, int quality) {
  std::filesystem::create_directories(folder);
  dataload::PictureStyle style;
  style.quality = quality;
  dataload::PictureMaker maker(style);
  for (int i = 0; i < count; ++i) {
    auto const bytes = maker.make(static_cast<std::uint64_t>(i), extent);
    auto const file = folder / fmt::format("picture-{:06}.jpg", i);
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) {
      throw DeviceError(
          fmt::format("cannot write '{}' (is the disk full?); give another folder", file.string()));
    }
  }
}

}  // namespace
}  // namespace muster::peers

int main(int argc, char** argv) try {
  if (argc < 5 || argc > 6) {
    fmt::print(stderr, "usage: muster_peer_pictures FOLDER COUNT WIDTH HEIGHT [QUALITY]\n");
    return 2;
  }
  int const quality = argc == 6 ? std::atoi(argv[5]) : muster::dataload::PictureStyle{}.quality;
  muster::peers::write_pictures(argv[1], std::atoi(argv[2]), {std::atoi(argv[3]), std::atoi(argv[4])},
                                quality);
  return 0;
} catch (std::exception const& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 2;
}
