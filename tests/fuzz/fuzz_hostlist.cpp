// Lists of host names: what is expanded and written short expands to the same names, each of them a name.
#include <algorithm>

#include "harness/launch/hostlist.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace muster;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::text_of(data, size);
  fuzz::answered([&] {
    auto names = expand_host_list(text);
    for (auto const& name : names) fuzz::require(is_host_name(name), "no host name", name);
    constexpr std::size_t many = 2000;  // nothing new in more, but seconds under sanitizers
    if (names.size() > many) return;
    auto again = expand_host_list(compress_host_list(names));
    std::ranges::sort(names);
    std::ranges::sort(again);
    fuzz::require(names == again, "a list changes when it is written short", text);
  });
  auto const shown = shown_text(text);
  fuzz::require(std::ranges::none_of(shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
                "a control character is shown", shown);
  return 0;
}
