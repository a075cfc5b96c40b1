#include "kernels/gemm/lt_algorithm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace muster::cuda {
namespace {

struct Named {
  std::uint32_t id;
  std::string_view name;
};

// Those that heuristics of sm_80 and sm_90 like to give; the rest go by number.
constexpr std::array<Named, 17> tiles{{{CUBLASLT_MATMUL_TILE_32x32, "32x32"},
                                       {CUBLASLT_MATMUL_TILE_32x64, "32x64"},
                                       {CUBLASLT_MATMUL_TILE_64x32, "64x32"},
                                       {CUBLASLT_MATMUL_TILE_32x128, "32x128"},
                                       {CUBLASLT_MATMUL_TILE_64x64, "64x64"},
                                       {CUBLASLT_MATMUL_TILE_128x32, "128x32"},
                                       {CUBLASLT_MATMUL_TILE_64x128, "64x128"},
                                       {CUBLASLT_MATMUL_TILE_128x64, "128x64"},
                                       {CUBLASLT_MATMUL_TILE_64x256, "64x256"},
                                       {CUBLASLT_MATMUL_TILE_128x128, "128x128"},
                                       {CUBLASLT_MATMUL_TILE_256x64, "256x64"},
                                       {CUBLASLT_MATMUL_TILE_128x256, "128x256"},
                                       {CUBLASLT_MATMUL_TILE_256x128, "256x128"},
                                       {CUBLASLT_MATMUL_TILE_96x128, "96x128"},
                                       {CUBLASLT_MATMUL_TILE_128x160, "128x160"},
                                       {CUBLASLT_MATMUL_TILE_160x128, "160x128"},
                                       {CUBLASLT_MATMUL_TILE_UNDEFINED, "undefined"}}};

constexpr std::array<Named, 13> stages{{{CUBLASLT_MATMUL_STAGES_UNDEFINED, "undefined"},
                                        {CUBLASLT_MATMUL_STAGES_16x3, "16x3"},
                                        {CUBLASLT_MATMUL_STAGES_16x4, "16x4"},
                                        {CUBLASLT_MATMUL_STAGES_32x3, "32x3"},
                                        {CUBLASLT_MATMUL_STAGES_32x4, "32x4"},
                                        {CUBLASLT_MATMUL_STAGES_64x3, "64x3"},
                                        {CUBLASLT_MATMUL_STAGES_64x4, "64x4"},
                                        {CUBLASLT_MATMUL_STAGES_128x3, "128x3"},
                                        {CUBLASLT_MATMUL_STAGES_128x4, "128x4"},
                                        {CUBLASLT_MATMUL_STAGES_16xAUTO, "16xAUTO"},
                                        {CUBLASLT_MATMUL_STAGES_32xAUTO, "32xAUTO"},
                                        {CUBLASLT_MATMUL_STAGES_64xAUTO, "64xAUTO"},
                                        {CUBLASLT_MATMUL_STAGES_128xAUTO, "128xAUTO"}}};

template <std::size_t size>
std::string name_of(std::array<Named, size> const& names, std::uint32_t id) {
  auto const found = std::ranges::find(names, id, &Named::id);
  return found == names.end() ? fmt::format("#{}", id) : std::string(found->name);
}

/// An attribute's value in words, or nothing where this version of the library does not know it.
template <class T>
std::optional<std::uint32_t> attribute(cublasLtMatmulAlgo_t const& algo,
                                       cublasLtMatmulAlgoConfigAttributes_t which) {
  T value{};
  std::size_t written = 0;
  auto const status = lt().get_config(&algo, which, &value, sizeof value, &written);
  if (status != CUBLAS_STATUS_SUCCESS || written != sizeof value) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

}  // namespace

std::string LtAlgorithm::text() const {
  std::string text;
  auto const add = [&](std::string_view name, std::string const& value) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  };
  auto const number = [&](std::string_view name, std::optional<std::uint32_t> value) {
    if (value) add(name, std::to_string(*value));
  };
  number("id", attribute<std::int32_t>(algo, CUBLASLT_ALGO_CONFIG_ID));
  if (auto const tile = attribute<std::uint32_t>(algo, CUBLASLT_ALGO_CONFIG_TILE_ID))
    add("tile", name_of(tiles, *tile));
  if (auto const stage = attribute<std::uint32_t>(algo, CUBLASLT_ALGO_CONFIG_STAGES_ID))
    add("stages", name_of(stages, *stage));
  number("split-K", attribute<std::int32_t>(algo, CUBLASLT_ALGO_CONFIG_SPLITK_NUM));
  number("reduction", attribute<std::uint32_t>(algo, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME));
  number("swizzle", attribute<std::uint32_t>(algo, CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING));
  number("custom", attribute<std::uint32_t>(algo, CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION));
  number("inner shape", attribute<std::uint16_t>(algo, CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID));
  number("cluster", attribute<std::uint16_t>(algo, CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID));
  return text;
}

std::string LtAlgorithm::saved() const {
  std::string words;
  for (auto const word : algo.data) words += fmt::format("{:016x}", word);
  return words + " " + text();
}

std::optional<cublasLtMatmulAlgo_t> read_algorithm(std::string const& saved) {
  constexpr std::size_t digits = 16;
  cublasLtMatmulAlgo_t algo{};
  if (saved.size() < digits * std::size(algo.data) + 1 || saved[digits * std::size(algo.data)] != ' ')
    return std::nullopt;
  char const* at = saved.data();
  for (auto& word : algo.data) {
    auto const [end, error] = std::from_chars(at, at + digits, word, 16);
    if (error != std::errc{} || end != at + digits) return std::nullopt;
    at = end;
  }
  return algo;
}

}  // namespace muster::cuda
