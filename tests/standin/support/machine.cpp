#include "tests/standin/support/machine.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace muster::standin {
namespace {

int installed() {
  char const* const value = std::getenv("MUSTER_STANDIN_GPUS");
  return value ? std::atoi(value) : 2;
}

// As the runtime reads CUDA_VISIBLE_DEVICES: everything from the first number on that names no GPU is
// ignored.
std::vector<int> visible() {
  std::vector<int> gpus;
  char const* value = std::getenv("CUDA_VISIBLE_DEVICES");
  if (value == nullptr) {
    for (int i = 0; i < installed(); ++i) gpus.push_back(i);
    return gpus;
  }
  while (*value != '\0') {
    char* end = nullptr;
    long const gpu = std::strtol(value, &end, 10);
    if (end == value || gpu < 0 || gpu >= installed()) break;
    gpus.push_back(static_cast<int>(gpu));
    value = *end == ',' ? end + 1 : end;
  }
  return gpus;
}

}  // namespace

Machine machine() {
  char const* const value = std::getenv("MUSTER_STANDIN_GPUS");
  if (value != nullptr && std::string_view(value) == "nodriver") return {.driver = false, .gpus = 0};
  return {.driver = true, .gpus = static_cast<int>(visible().size())};
}

int physical(int index) { return visible().at(static_cast<std::size_t>(index)); }

std::size_t memory_bytes() {
  char const* const value = std::getenv("MUSTER_STANDIN_MEMORY");
  return value ? static_cast<std::size_t>(std::strtoull(value, nullptr, 10)) : std::size_t{4} << 30;
}

unsigned jpeg_engines() {
  char const* const value = std::getenv("MUSTER_STANDIN_JPEG_ENGINES");
  return value ? static_cast<unsigned>(std::strtoul(value, nullptr, 10)) : 1;
}

std::array<std::uint8_t, 16> uuid(int physical_gpu) {
  return {'S', 't', 'a', 'n', 'd', '-', 'i', 'n',
          0,   0,   0,   0,   0,   0,   0,   static_cast<std::uint8_t>(physical_gpu)};
}

std::string uuid_text(int physical_gpu) {
  std::string text = "GPU-";
  auto const bytes = uuid(physical_gpu);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    char pair[8];
    std::snprintf(pair, sizeof pair, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
    text += pair;
  }
  return text;
}

std::string pci_address(int physical_gpu) {
  char text[32];
  std::snprintf(text, sizeof text, "0000:%02x:00.0", 0x10 + physical_gpu);
  return text;
}

}  // namespace muster::standin
