// dataload/read on the host.
#include <memory>

#include "kernels/contract/backend.hpp"
#include "kernels/dataload/read_instance.hpp"

namespace muster::dataload {
namespace {

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<ReadInstance>(params, context);
}
MakerRegistration const registration{"dataload/read", &make};

}  // namespace
}  // namespace muster::dataload
