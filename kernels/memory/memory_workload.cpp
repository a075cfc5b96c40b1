#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

Workload declare() {
  Workload workload;
  workload.name = "memory";
  workload.summary = "Memory bandwidth of array kernels: copy a = b, triad a = b + 3 c";
  workload.params = {
      {.name = "op",
       .kind = ParamSpec::Kind::choice,
       .unit = "",
       .fallback = "triad",
       .help = "copy moves 2 bytes per byte of an array, triad 3 (write-allocate reads are not counted)",
       .choices = {"copy", "triad"}},
      {.name = "type",
       .kind = ParamSpec::Kind::choice,
       .unit = "",
       .fallback = "fp64",
       .help = "Type of the elements",
       .choices = {"fp64", "fp32"}},
      {.name = "bytes",
       .kind = ParamSpec::Kind::bytes,
       .unit = "B",
       .fallback = std::int64_t{256} << 20,
       .help = "Size of one array; several times the last cache for the memory's own bandwidth",
       .low = 4096,
       .high = 1LL << 45}};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = [](Params const& params) -> std::vector<std::string> {
    if (params.integer("bytes") % 16 == 0) return {};
    return {"parameter 'bytes' = " + std::to_string(params.integer("bytes")) +
            " is not a multiple of 16 (the kernels move 16 bytes at a time) use a multiple of 16"};
  };
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
