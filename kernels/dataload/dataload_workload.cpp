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
           "direct: past the page cache (O_DIRECT)",
           {"direct", "buffered"},
           0,
           0,
           naming},
          {"engine",
           Kind::choice,
           "",
           "auto",
           "how reads are issued; auto: io_uring where allowed, else pread",
           {"auto", "pread", "io_uring"},
           0,
           0,
           naming},
          {"depth", Kind::integer, "reads", std::int64_t{8}, "reads in flight", {}, 1, 1024, naming}};
}

/// What is made of a decoded picture.
std::vector<ParamSpec> preprocessing() {
  constexpr auto naming = ParamSpec::Naming::unless_default;
  return {
      {"crop",
       Kind::choice,
       "",
       "random",
       "random: 8 to 100 % of the area, mirrored or not, another each epoch; centre: 7/8 of the shorter side",
       {"random", "centre"},
       0,
       0,
       naming},
      {"filter",
       Kind::choice,
       "",
       "triangle",
       "triangle: antialiased, as wide as the reduction; linear: two source pixels an axis",
       {"triangle", "linear"},
       0,
       0,
       naming},
      {"output",
       Kind::choice,
       "",
       "float32",
       "type of the values made",
       {"float32", "float16", "bfloat16"},
       0,
       0,
       naming}};
}

ParamSpec scaled() {
  return {"scaled",
          Kind::choice,
          "",
          "off",
          "on: decoded at 1/2, 1/4 or 1/8 where that leaves as many pixels as the output has",
          {"off", "on"},
          0,
          0,
          ParamSpec::Naming::unless_default};
}

ParamSpec prefetch() {
  return {"prefetch", Kind::integer,           "batches", std::int64_t{2}, "batches read ahead", {}, 1,
          64,         ParamSpec::Naming::never};
}

ParamSpec decoder() {
  return {
      "decoder",
      Kind::choice,
      "",
      "auto",
      "cuda: who decodes. hybrid: CPU threads (Huffman) and CUDA cores; batched: CUDA cores alone; hardware: "
      "the JPEG engine; split: engine and hybrid; auto: the fastest of these, tried out at set-up",
      {"auto", "hybrid", "batched", "hardware", "split"},
      0,
      0,
      ParamSpec::Naming::unless_default};
}

std::vector<ParamSpec> joined(std::vector<ParamSpec> specs, std::vector<ParamSpec> const& more) {
  specs.insert(specs.end(), more.begin(), more.end());
  return specs;
}

Workload pipeline() {
  auto specs = joined(joined({format(), batch(), size()}, set()), reading(ParamSpec::Naming::never));
  specs.push_back(prefetch());
  specs.push_back(decoder());
  specs = joined(joined(std::move(specs), preprocessing()), {scaled()});
  return {
      "dataload/pipeline",
      "JPEG files read in shuffled order, decoded, cropped, resized, normalised, batch by batch",
      "images/s = pictures of finished batches / seconds, from storage to tensors; the bound is the slowest "
      "stage alone. Checked: file bytes by hash, pixels against libjpeg-turbo, tensors against a "
      "formula for each value.",
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
  return {"dataload/read",
          "the files of the set read from storage, nothing else",
          "B/s = bytes delivered into memory / seconds (as fio counts them). Checked: every record's hash.",
          joined(joined(std::move(specs), reading(ParamSpec::Naming::always)), set()),
          {"bandwidth", "B/s", Quantity::bytes},
          Scope::each_rank,
          {1, true}};
}

Workload decode() {
  return {"dataload/decode",
          "JPEG pictures decoded from memory to RGB",
          "images/s = decoded pictures / seconds, files already in memory. Checked: pixels against "
          "libjpeg-turbo.",
          joined(joined({format(), batch(), decoder()}, set()), {scaled()}),
          {"throughput", "images/s", Quantity::items},
          Scope::each_rank,
          {1, true}};
}

Workload preprocess() {
  return {"dataload/preprocess",
          "decoded pictures cropped, mirrored, resized and normalised to a batch of tensors",
          "images/s = preprocessed pictures / seconds. Checked against a formula for each value.",
          joined(joined({batch(), size()}, set()), preprocessing()),
          {"throughput", "images/s", Quantity::items},
          Scope::each_rank,
          {1, true}};
}

Workload copy() {
  return {"dataload/copy",
          "a batch of encoded pictures from the reader's page-locked memory to the GPU (cuda backend)",
          "B/s = bytes copied / seconds, of one batch as it was read, in one copy. Bound: PCIe's rate. To be "
          "held against memory/transfer of as many bytes (figure bytes_per_batch). Checked: every picture's "
          "hash, of the bytes on the GPU.",
          joined(joined({format(), batch()}, set()), reading(ParamSpec::Naming::never)),
          {"bandwidth", "B/s", Quantity::bytes},
          Scope::each_rank,
          {1, true}};
}

Registration const registrations[]{Registration{pipeline()}, Registration{read()}, Registration{decode()},
                                   Registration{preprocess()}, Registration{copy()}};

}  // namespace
}  // namespace muster
