#include "tests/standin/cublaslt/algorithms.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace muster::standin {
namespace {

constexpr std::uint64_t ours = 0x5374616E64696E00ULL;  // "Standin"; the number is in the lowest byte

}  // namespace

std::vector<Algorithm> algorithms() {
  char const* at = std::getenv("MUSTER_STANDIN_ALGORITHMS");
  if (at == nullptr) return {{}};
  std::vector<Algorithm> list;
  while (true) {
    char* end = nullptr;
    Algorithm algorithm{.milliseconds = static_cast<int>(std::strtol(at, &end, 10))};
    bool const number = end != at;
    algorithm.wrong = *end == 'w';
    algorithm.refused = *end == 'r';
    if (algorithm.wrong || algorithm.refused) ++end;
    if (!number || (*end != ',' && *end != '\0')) {
      std::fprintf(stderr, "stand-in: MUSTER_STANDIN_ALGORITHMS: cannot read '%s'\n", at);
      std::abort();  // a scenario that means something else than its author thinks would make a test
                     // worthless
    }
    list.push_back(algorithm);
    if (*end == '\0') return list;
    at = end + 1;
  }
}

cublasLtMatmulAlgo_t algorithm_number(std::size_t index) {
  cublasLtMatmulAlgo_t algo{};
  algo.data[0] = ours | index;
  return algo;
}

std::optional<std::size_t> number_of(cublasLtMatmulAlgo_t const& algo) {
  auto const index = algo.data[0] ^ ours;
  if (index >= algorithms().size()) return std::nullopt;
  return index;
}

}  // namespace muster::standin
