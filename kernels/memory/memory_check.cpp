#include "kernels/memory/memory_check.hpp"

#include <fmt/format.h>

#include <cstring>
#include <mutex>
#include <stdexcept>

#include "kernels/contract/error.hpp"

namespace muster {

namespace {

template <class T>
bool same_bits(T x, T y) {
  return std::memcmp(&x, &y, sizeof x) == 0;
}

template <class T>
MemoryMismatch compare(MemoryProblem const& problem, T const* a, Share part) {
  auto const keys = memory_keys(problem.seed);
  MemoryMismatch found;
  for (std::uint64_t i = part.begin; i < part.end; ++i) {
    if (same_bits(a[i], memory_expected<T>(problem.op, keys, i))) continue;
    if (found.wrong++ == 0) {
      found.first = i;
      found.got = static_cast<double>(a[i]);
    }
  }
  return found;
}

void merge(MemoryMismatch& all, MemoryMismatch const& part) {
  if (part.wrong == 0) return;
  bool const earlier = all.wrong == 0 || part.first < all.first;
  std::uint64_t const wrong = all.wrong + part.wrong;
  if (earlier) all = part;
  all.wrong = wrong;
}

double expected_at(MemoryProblem const& problem, std::uint64_t index) {
  auto const keys = memory_keys(problem.seed);
  if (problem.type == MemoryType::fp64) return memory_expected<double>(problem.op, keys, index);
  return static_cast<double>(memory_expected<float>(problem.op, keys, index));
}

std::string mismatch_text(MemoryProblem const& problem, MemoryMismatch const& found) {
  if (found.wrong == 0) return {};
  return fmt::format("{} of {} elements are wrong, the first is {}: got {:.17g}, expected {:.17g}",
                     found.wrong, problem.count(), found.first, found.got, expected_at(problem, found.first));
}

template <class T>
std::uint64_t word_of(std::uint64_t key, std::uint64_t index) {
  constexpr std::uint64_t per_word = 8 / sizeof(T);
  T values[per_word];
  for (std::uint64_t j = 0; j < per_word; ++j) values[j] = memory_value<T>(key, index * per_word + j);
  std::uint64_t word;
  std::memcpy(&word, values, sizeof word);
  return word;
}

template <class T>
void fill(T* values, std::uint64_t key, Share part) {
  for (std::uint64_t i = part.begin; i < part.end; ++i) values[i] = memory_value<T>(key, i);
}

MemoryOp op_of(std::string const& text) {
  if (text == "read") return MemoryOp::read;
  if (text == "write") return MemoryOp::write;
  if (text == "copy") return MemoryOp::copy;
  if (text == "scale") return MemoryOp::scale;
  if (text == "add") return MemoryOp::add;
  if (text == "triad") return MemoryOp::triad;
  throw std::invalid_argument("'" + text + "' is no operation of the memory workload");
}

std::uint64_t flops_per_element(MemoryOp op) {
  if (op == MemoryOp::triad) return 2;
  return op == MemoryOp::scale || op == MemoryOp::add ? 1 : 0;
}

}  // namespace

std::uint64_t MemoryProblem::bytes_of(MemoryArray array) const {
  bool const there = array == MemoryArray::b   ? reads_b(op)
                     : array == MemoryArray::c ? reads_c(op)
                                               : writes_a(op);
  return there ? bytes : 0;
}

Work MemoryProblem::work() const { return {.bytes = all_bytes(), .flops = flops_per_element(op) * count()}; }

MemoryProblem memory_problem(Params const& params, std::uint64_t seed) {
  return {op_of(params.text("op")), params.text("type") == "fp32" ? MemoryType::fp32 : MemoryType::fp64,
          static_cast<std::uint64_t>(params.integer("bytes")), seed};
}

void require_memory(MemoryProblem const& problem, std::uint64_t free_bytes) {
  std::uint64_t const needed = problem.all_bytes();
  if (needed <= free_bytes) return;
  throw OutOfMemory(
      fmt::format("{} arrays of {} bytes need {:.2f} GiB (only {:.2f} GiB are free) use bytes <= {}",
                  problem.arrays(), problem.bytes, static_cast<double>(needed) / (1 << 30),
                  static_cast<double>(free_bytes) / (1 << 30), free_bytes / problem.arrays() / 16 * 16));
}

std::vector<std::pair<std::string, std::string>> cache_facts(MemoryProblem const& problem,
                                                             std::uint64_t cache_bytes) {
  if (cache_bytes == 0) return {{"last cache", "size unknown"}};
  double const times = static_cast<double>(problem.all_bytes()) / static_cast<double>(cache_bytes);
  std::vector<std::pair<std::string, std::string>> facts{
      {"arrays together / last cache", fmt::format("{:.3g}", times)}};
  if (!problem.beyond_cache(cache_bytes)) {
    facts.emplace_back("no bound",
                       fmt::format("the arrays' {} bytes are less than 4 times the last cache's {}: caches "
                                   "serve part of what is read",
                                   problem.all_bytes(), cache_bytes));
  }
  return facts;
}

Verdict memory_verdict(MemoryProblem const& problem, MemoryMismatch const& found) {
  return Verdict::judge("every element, bit for bit", static_cast<double>(found.wrong), 0,
                        mismatch_text(problem, found));
}

Verdict read_verdict(MemoryProblem const& problem, MemoryMismatch const& source, std::uint64_t sum,
                     std::uint64_t expected) {
  std::string detail = mismatch_text(problem, source);
  if (sum != expected) {
    detail += fmt::format("{}the sum of what was read is {:016x}, expected {:016x}",
                          detail.empty() ? "" : "; ", sum, expected);
  }
  double const error = static_cast<double>(source.wrong) + (sum == expected ? 0 : 1);
  return Verdict::judge("sum of all words as read, and every element of the source", error, 0, detail);
}

std::uint64_t expected_sum(MemoryProblem const& problem, Team& team) {
  std::uint64_t const key = memory_keys(problem.seed).b;
  auto const word = problem.type == MemoryType::fp64 ? &word_of<double> : &word_of<float>;
  std::uint64_t total = 0;
  std::mutex merging;
  team.run([&](int index) {
    std::uint64_t sum = 0;
    Share const part = share_of(problem.bytes / 8, index, team.size());
    for (std::uint64_t i = part.begin; i < part.end; ++i) sum += word(key, i);
    std::lock_guard const lock(merging);
    total += sum;
  });
  return total;
}

MemoryMismatch compare_memory(MemoryProblem const& problem, void const* a, Team& team) {
  MemoryMismatch all;
  std::mutex merging;
  team.run([&](int index) {
    Share const part = share_of(problem.count(), index, team.size());
    auto const found = problem.type == MemoryType::fp64
                           ? compare(problem, static_cast<double const*>(a), part)
                           : compare(problem, static_cast<float const*>(a), part);
    std::lock_guard const lock(merging);
    merge(all, found);
  });
  return all;
}

Verdict check_memory(MemoryProblem const& problem, void const* a, Team& team) {
  return memory_verdict(problem, compare_memory(problem, a, team));
}

Share memory_part(MemoryProblem const& problem, int index, int threads) {
  return share_of(problem.count(), index, threads, 4096 / problem.element_bytes());
}

void fill_memory(MemoryProblem const& problem, MemoryArray array, void* out, Team& team) {
  std::uint64_t const key = memory_key(problem.seed, array);
  team.run([&](int index) {
    Share const part = memory_part(problem, index, team.size());
    problem.type == MemoryType::fp64 ? fill(static_cast<double*>(out), key, part)
                                     : fill(static_cast<float*>(out), key, part);
  });
}

}  // namespace muster
