#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

std::vector<std::string> check(Params const& params) {
  std::string const& type = params.text("type");
  std::int64_t const bytes = params.integer("bytes");
  std::int64_t const element = type == "float64" ? 8 : type == "float32" ? 4 : 2;
  if (bytes % element == 0) return {};
  return {"parameter 'bytes' = " + std::to_string(bytes) + " holds no whole number of elements (a " + type +
          " has " + std::to_string(element) + " bytes) use a multiple of " + std::to_string(element)};
}

Workload declare() {
  Workload workload;
  workload.name = "collective/all_reduce";
  workload.summary = "Sum of every rank's buffer, on every rank; bus bandwidth as in nccl-tests";
  workload.params = {{.name = "type",
                      .kind = ParamSpec::Kind::choice,
                      .unit = "",
                      .fallback = "float32",
                      .help = "Type of the elements",
                      .choices = {"float32", "float64", "float16", "bfloat16"}},
                     {.name = "bytes",
                      .kind = ParamSpec::Kind::bytes,
                      .unit = "B",
                      .fallback = std::int64_t{64} << 20,
                      .help = "Size of each rank's buffer",
                      .low = 8,
                      .high = 1LL << 40}};
  workload.metric = {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher};
  workload.scope = Scope::group;
  workload.needs = {.min_ranks = 2};
  workload.check = check;
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
