#include "kernels/collective/nccl_tuning.hpp"

#include <array>
#include <charconv>

namespace muster {
namespace {

// By the numbers that NCCL 2.22 and 2.23 print (src/include/device.h there).
constexpr std::array<std::string_view, 7> algorithms{
    "TREE", "RING", "COLLNET_DIRECT", "COLLNET_CHAIN", "NVLS", "NVLS_TREE", "PAT"};
constexpr std::array<std::string_view, 3> protocols{"LL", "LL128", "SIMPLE"};

/// The word behind `before`; "" without it.
std::string_view word_after(std::string_view text, std::string_view before) {
  auto const found = text.find(before);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + before.size());
  return text.substr(0, text.find_first_of(" \t\r\n"));
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <std::size_t n>
std::string named(std::string_view word, std::array<std::string_view, n> const& names) {
  auto const index = number(word);
  if (!index) return std::string(word);
  return *index >= 0 && *index < static_cast<int>(n) ? std::string(names[static_cast<std::size_t>(*index)])
                                                     : "";
}

/// "{0..15}" -> 16.
int channels(std::string_view range) {
  auto const dots = range.find("..");
  if (range.size() < 2 || range.front() != '{' || range.back() != '}' || dots == std::string_view::npos)
    return 0;
  auto const low = number(range.substr(1, dots - 1));
  auto const high = number(range.substr(dots + 2, range.size() - dots - 3));
  return low && high ? *high - *low + 1 : 0;
}

}  // namespace

std::optional<NcclChoice> nccl_choice_in_line(std::string_view line) {
  auto const arrow = line.find(" Bytes -> ");
  if (arrow == std::string_view::npos) return std::nullopt;
  auto const said = line.substr(arrow);
  if (line.find("[Symmetric]:") != std::string_view::npos) {
    auto const kernel = word_after(said, "-> Kernel ");
    if (kernel.empty()) return std::nullopt;
    return NcclChoice{"symmetric kernel", std::string(kernel),
                      number(word_after(said, " nchannels ")).value_or(0)};
  }
  if (line.find(" CE]:") != std::string_view::npos || line.find("[Copy Engine]:") != std::string_view::npos)
    return NcclChoice{"copy engine", "", 0};
  NcclChoice choice{named(word_after(said, "-> Algo "), algorithms),
                    named(word_after(said, " proto "), protocols),
                    channels(word_after(said, " channel{Lo..Hi}="))};
  if (choice.algorithm.empty() || choice.protocol.empty()) return std::nullopt;
  return choice;
}

std::optional<NcclChoice> nccl_choice(std::string_view log) {
  std::optional<NcclChoice> last;
  while (!log.empty()) {
    auto const end = log.find('\n');
    if (auto choice = nccl_choice_in_line(log.substr(0, end))) last = std::move(choice);
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
  }
  return last;
}

}  // namespace muster
