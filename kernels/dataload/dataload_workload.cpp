// The dataload family: storage -> JPEG decode -> preprocessing, as a whole and stage by stage.
#include "kernels/contract/workload.hpp"

namespace muster {
namespace {

using Kind = ParamSpec::Kind;

ParamSpec format() { return {"format", Kind::choice, "", "jpeg", "encoding of the pictures", {"jpeg"}}; }

ParamSpec batch() {
  return {"batch", Kind::integer, "images", std::int64_t{64}, "pictures per launch", {}, 1, 8192};
}

ParamSpec size() {
  return {"size", Kind::integer, "pixels", std::int64_t{224}, "side of the square output", {}, 8, 4096};
}

std::vector<ParamSpec> set() {
  return {{"images",
           Kind::integer,
           "images",
           std::int64_t{2000},
           "pictures in the synthetic set, or at most used of one's own (0: all of them)",
           {},
           0,
           1e8,
           ParamSpec::Naming::never},
          {"width",
           Kind::integer,
           "pixels",
           std::int64_t{500},
           "median width of synthetic pictures",
           {},
           16,
           8192,
           ParamSpec::Naming::never},
          {"height",
           Kind::integer,
           "pixels",
           std::int64_t{375},
           "median height of synthetic pictures",
           {},
           16,
           8192,
           ParamSpec::Naming::never}};
}

std::vector<ParamSpec> reading(ParamSpec::Naming naming) {
  return {{"io",
           Kind::choice,
           "",
           "direct",
           "direct: past the page cache (O_DIRECT); dropped: through it, and what was read is let go of at "
           "once, so that it comes from the device again",
           {"direct", "buffered", "dropped"},
           0,
           0,
           naming},
          {"engine",
           Kind::choice,
           "",
           "auto",
           "how reads are issued; auto: io_uring where allowed, else pread; cufile: into a GPU's memory "
           "(dataload/read on the cuda backend)",
           {"auto", "pread", "io_uring", "cufile"},
           0,
           0,
           naming},
          {"depth", Kind::integer, "reads", std::int64_t{8}, "reads in flight", {}, 1, 1024, naming}};
}

ParamSpec check() {
  ParamSpec spec{"check",
                 Kind::choice,
                 "",
                 "sampled",
                 "records held against their hash: some before and after sampling, or all as they are read",
                 {"sampled", "all"}};
  spec.naming = ParamSpec::Naming::unless_default;
  return spec;
}

ParamSpec storage() {
  ParamSpec spec{
      "storage",      Kind::choice, "", "disk", "any: files in RAM (tmpfs) are read as well, with a warning",
      {"disk", "any"}};
  spec.naming = ParamSpec::Naming::never;
  return spec;
}

std::vector<std::string> faults_of_read(Params const& params) {
  if (params.text("check") != "all" || params.text("access") == "records") return {};
  return {"check = \"all\" needs access = \"records\" (blocks have no hash)"};
}

ParamSpec prefetch() {
  return {"prefetch", Kind::integer,           "batches", std::int64_t{2}, "batches read ahead", {}, 1,
          64,         ParamSpec::Naming::never};
}

std::vector<ParamSpec> joined(std::vector<ParamSpec> specs, std::vector<ParamSpec> const& more) {
  specs.insert(specs.end(), more.begin(), more.end());
  return specs;
}

Workload pipeline() {
  auto specs = joined(joined({format(), batch(), size()}, set()), reading(ParamSpec::Naming::never));
  specs.push_back(prefetch());
  specs.push_back(check());
  return {"dataload/pipeline",
          "JPEG files read in shuffled order, decoded, cropped, resized, normalised, batch by batch",
          "images/s = pictures of finished batches / seconds, from storage to float32 tensors; the bound is "
          "the slowest stage "
          "alone. Checked: file bytes by hash, pixels against libjpeg-turbo, tensors against a "
          "double-precision reference.",
          std::move(specs),
          {"throughput", "images/s", Quantity::items},
          Scope::each_rank,
          {1, true}};
}

Workload read() {
  std::vector<ParamSpec> specs{
      {"access",
       Kind::choice,
       "",
       "sequential",
       "sequential: files block by block; records: pictures in shuffled order",
       {"sequential", "records"}},
      {"block", Kind::bytes, "bytes", std::int64_t{1} << 20, "bytes per sequential read", {}, 4096, 1 << 30}};
  return {
      "dataload/read",
      "the files of the set read from storage, nothing else",
      "B/s = bytes delivered into memory / seconds (as fio counts them). Long records are read in pieces of "
      "8 "
      "MiB. Checked: blocks against plain reads; of records some hashes, or with check = all every one, and "
      "that each comes once an epoch over all ranks. Beside it: latency of single reads, and the share of "
      "the "
      "bytes that came from the device.",
      joined(joined(joined(std::move(specs), reading(ParamSpec::Naming::always)), set()),
             {check(), storage()}),
      {"bandwidth", "B/s", Quantity::bytes},
      Scope::each_rank,
      {1, true},
      &faults_of_read};
}

Workload decode() {
  return {"dataload/decode",
          "JPEG pictures decoded from memory to RGB",
          "images/s = decoded pictures / seconds, files already in memory. Checked: pixels against "
          "libjpeg-turbo.",
          joined({format(), batch()}, set()),
          {"throughput", "images/s", Quantity::items},
          Scope::each_rank,
          {1, true}};
}

Workload preprocess() {
  return {"dataload/preprocess",
          "decoded pictures cropped, resized and normalised to a batch of float32",
          "images/s = preprocessed pictures / seconds. Checked against a double-precision reference.",
          joined({batch(), size()}, set()),
          {"throughput", "images/s", Quantity::items},
          Scope::each_rank,
          {1, true}};
}

Registration const registrations[]{Registration{pipeline()}, Registration{read()}, Registration{decode()},
                                   Registration{preprocess()}};

}  // namespace
}  // namespace muster
