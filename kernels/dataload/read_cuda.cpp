// dataload/read for a GPU: into pinned memory.
#include "kernels/contract/backend.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/dataload/read_instance.hpp"

namespace muster::cuda {
namespace {

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<dataload::ReadInstance>(params, context, allocate_pinned);
}

MakerRegistration const registration{"dataload/read", &make};

}  // namespace
}  // namespace muster::cuda
