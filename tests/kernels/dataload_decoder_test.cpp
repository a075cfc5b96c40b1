// Parameter `decoder` on the host backend, which has one decoder.
#include <gmock/gmock.h>

#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

TEST(Decoder, OfAGpuIsRefusedOnTheHostWithTheRemedy) {
  for (auto const* workload : {"dataload/decode", "dataload/pipeline"}) {
    for (auto const* decoder : {"hybrid", "batched", "hardware", "split"}) {
      Solo solo;
      try {
        make_case(workload, small(workload, {{"decoder", decoder}}), solo.context);
        ADD_FAILURE() << workload << " took " << decoder;
      } catch (Unsupported const& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("use decoder=auto"));
      }
    }
  }
}

}  // namespace
}  // namespace muster::dataload::test
