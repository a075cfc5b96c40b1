// Files of any kind as results: other programs' above all. What comes out is a document that can be written
// and read, and no figure of it is made of nothing.
#include <cmath>

#include "harness/record/document_json.hpp"
#include "harness/record/load.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace muster;

namespace {

void check(Document const& document) {
  for (auto const& result : document.cases) {
    for (auto const& launch : result.launches) {
      bool const real = std::isfinite(launch.metric.median) && launch.metric.median > 0;
      fuzz::require(real, "a figure of nothing", result.name);
    }
    fuzz::require(result.status != CaseStatus::wrong || result.launches.empty(),
                  "a wrong answer has a figure");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  LoadedResult loaded;
  if (!fuzz::answered([&] { loaded = result_from_text(fuzz::text_of(data, size), "all_reduce"); })) return 0;
  if (loaded.kind != ResultKind::muster) check(loaded.document);
  auto const text = to_json(loaded.document);
  fuzz::require(to_json(document_from_json(text)) == text, "an imported document changes", text);
  return 0;
}
