// dataload/training and dataload/records on the host.
#include "kernels/contract/backend.hpp"
#include "kernels/dataload/training_instance.hpp"

namespace muster::dataload {
namespace {

RecordMemory memory_of(Context& context) { return {.limit = context.device.free_memory()}; }

std::unique_ptr<Instance> make_training(Params const& params, Context& context) {
  return make_training_case(params, context, memory_of(context));
}

std::unique_ptr<Instance> make_records(Params const& params, Context& context) {
  return make_records_case(params, context, memory_of(context));
}

MakerRegistration const registrations[]{{"dataload/training", &make_training},
                                        {"dataload/records", &make_records}};

}  // namespace
}  // namespace muster::dataload
