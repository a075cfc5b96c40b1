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

constexpr char const* docs =
    R"(bus bandwidth = 2 (n - 1) / n x bytes / seconds, in B/s, of n ranks and a buffer of `bytes` on each: what must cross each
rank's link at least, so that figures of different n compare with the link's own rate (nccl-tests, PERFORMANCE.md). The
slowest rank's time counts, sample by sample. In place: no; every rank has a source and a target.
Checked on every rank, every element, with data whose sums are exact in the type.
The bound is the device's link per direction (NVLink or PCIe; host: a copy's bandwidth).)";

Workload declare() {
  Workload workload;
  workload.name = "collective/all_reduce";
  workload.summary = "Sum of every rank's buffer, on every rank; bus bandwidth as in nccl-tests";
  workload.docs = docs;
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
