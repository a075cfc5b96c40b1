// Result documents: what was read is written, and read again to the same.
#include "harness/record/document_json.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace muster;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::answered([&] {
    auto const once = to_json(document_from_json(fuzz::text_of(data, size)));
    auto const twice = to_json(document_from_json(once));
    fuzz::require(once == twice, "a document changes when it is read and written", once, twice);
  });
  return 0;
}
