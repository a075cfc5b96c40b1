#include "kernels/training/closeness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/share.hpp"

namespace muster::training {

namespace {

float number(float value) { return value; }
float number(std::uint16_t bits) { return from_bf16(bits); }

template <class T>
Difference compare_part(T const* got, Share part, std::span<float const> right, Closeness limit) {
  Difference found;
  std::uint64_t place = part.begin % right.size();
  for (std::uint64_t i = part.begin; i < part.end; ++i) {
    float const value = number(got[i]), off = excess(value, right[place], limit);
    if (++place == right.size()) place = 0;
    found.worst = std::max(found.worst, off);
    if (off <= 1.0F) continue;
    if (found.wrong++ == 0) {
      found.first = i;
      found.got = static_cast<double>(value);
    }
  }
  return found;
}

void merge(Difference& all, Difference const& part) {
  all.worst = std::max(all.worst, part.worst);
  if (part.wrong == 0) return;
  if (all.wrong == 0 || part.first < all.first) {
    all.first = part.first;
    all.got = part.got;
  }
  all.wrong += part.wrong;
}

template <class T>
Difference compare_all(T const* got, std::uint64_t count, std::span<float const> right, Closeness limit,
                       Team& team) {
  Difference all;
  std::mutex merging;
  team.run([&](int index) {
    auto const found = compare_part(got, share_of(count, index, team.size()), right, limit);
    std::lock_guard const lock(merging);
    merge(all, found);
  });
  return all;
}

}  // namespace

Difference compare(float const* got, std::uint64_t count, std::span<float const> right, Closeness limit,
                   Team& team) {
  return compare_all(got, count, right, limit, team);
}

Difference compare(std::uint16_t const* got, std::uint64_t count, std::span<float const> right,
                   Closeness limit, Team& team) {
  return compare_all(got, count, right, limit, team);
}

Verdict judge(std::string const& method, std::string const& what, std::uint64_t count,
              std::span<float const> right, Difference const& found) {
  std::string detail;
  if (found.wrong > 0) {
    detail = fmt::format("{} of {} elements of {} are wrong, the first is {}: got {:.9g}, expected {:.9g}",
                         found.wrong, count, what, found.first, found.got, right[found.first % right.size()]);
  }
  auto verdict = Verdict::judge(method, static_cast<double>(found.worst), 1, detail);
  if (found.wrong > 0) verdict.status = Verdict::Status::fail;
  return verdict;
}

Verdict worst_of(std::span<Verdict const> verdicts) {
  auto const failed = std::ranges::find_if(verdicts, [](Verdict const& verdict) { return !verdict.ok(); });
  return failed != verdicts.end() ? *failed : *std::ranges::max_element(verdicts, {}, &Verdict::error);
}

}  // namespace muster::training
