// The dataload family: storage -> JPEG decode -> preprocessing, as a whole and stage by stage.
#include "kernels/contract/workload.hpp"
#include "kernels/dataload/dataload_params.hpp"
#include "kernels/dataload/training_models.hpp"

namespace muster {
namespace {

using namespace dataload;
using Kind = ParamSpec::Kind;

ParamSpec format() { return {"format", Kind::choice, "", "jpeg", "encoding of the pictures", {"jpeg"}}; }

ParamSpec batch() {
  return {"batch", Kind::integer, "images", std::int64_t{64}, "pictures per launch", {}, 1, 8192};
}

ParamSpec size() {
  return {"size", Kind::integer, "pixels", std::int64_t{224}, "side of the square output", {}, 8, 4096};
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

Workload pipeline() {
  auto specs =
      joined(joined({format(), batch(), size()}, set_params()), reading_params(ParamSpec::Naming::never));
  specs.push_back(prefetch_param());
  specs = joined(joined(std::move(specs), preprocessing()), {scaled(), check_param(), decoder_param()});
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
  return {
      "dataload/read",
      "the files of the set read from storage, nothing else",
      "B/s = bytes delivered into memory / seconds (as fio counts them). Long records are read in pieces of "
      "8 "
      "MiB. Checked: blocks against plain reads; of records some hashes, or with check = all every one, and "
      "that each comes once an epoch over all ranks. Beside it: latency of single reads, and the share of "
      "the "
      "bytes that came from the device.",
      joined(joined(joined(std::move(specs), reading_params(ParamSpec::Naming::always)), set_params()),
             {check_param(), storage()}),
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
          joined(joined({format(), batch(), decoder_param()}, set_params()), {scaled()}),
          {"throughput", "images/s", Quantity::items},
          Scope::each_rank,
          {1, true}};
}

Workload preprocess() {
  return {"dataload/preprocess",
          "decoded pictures cropped, mirrored, resized and normalised to a batch of tensors",
          "images/s = preprocessed pictures / seconds. Checked against a formula for each value.",
          joined(joined({batch(), size()}, set_params()), preprocessing()),
          {"throughput", "images/s", Quantity::items},
          Scope::each_rank,
          {1, true}};
}

Workload records() {
  auto specs = joined({{"batch",
                        Kind::integer,
                        "records",
                        std::int64_t{0},
                        "records per launch; 0: as many as fit in 256 MiB, at most 64",
                        {},
                        0,
                        8192,
                        ParamSpec::Naming::unless_default}},
                      joined(set_params(), reading_params(ParamSpec::Naming::never)));
  specs.push_back(prefetch_param());
  specs.push_back(check_param());
  return {
      "dataload/records",
      "records of any kind read in shuffled order, batch by batch, into the device's memory",
      "records/s = records of finished batches / seconds, from storage to the device's memory, nothing "
      "decoded: "
      "the input of sets without pictures. The bound is the slower of reading and (on a GPU) copying, each "
      "alone. Checked: every record once per epoch; bytes by hash, on a GPU as they lie there.",
      std::move(specs),
      {"throughput", "records/s", Quantity::items},
      Scope::each_rank,
      {1, true}};
}

std::vector<ParamSpec> training_step() {
  return {{"model",
           Kind::choice,
           "",
           "resnet50",
           "whose step is emulated, by MLPerf Storage",
           {"resnet50", "unet3d", "cosmoflow", "retinanet"}},
          {"accelerator", Kind::choice, "", "a100", "on which accelerator", {"a100", "h100", "b200"}},
          {"step",
           Kind::choice,
           "",
           "sleep",
           "the computation: sleep, as DLIO; gemm: real matrix products on the device, timed in set-up",
           {"sleep", "gemm"}},
          {"decode",
           Kind::choice,
           "",
           "none",
           "none: records are read (and copied to a GPU); jpeg: they go through dataload/pipeline",
           {"none", "jpeg"},
           0,
           0,
           ParamSpec::Naming::unless_default},
          {"batch",
           Kind::integer,
           "samples",
           std::int64_t{0},
           "records a step; 0: the model's",
           {},
           0,
           8192,
           ParamSpec::Naming::unless_default},
          {"seconds",
           Kind::real,
           "s",
           0.0,
           "computation of a step; 0: the model's",
           {},
           0,
           3600,
           ParamSpec::Naming::unless_default}};
}

std::vector<std::string> faults_of_training(Params const& params) {
  auto const& model = params.text("model");
  auto const& accelerator = params.text("accelerator");
  bool const given = params.integer("batch") > 0 && params.real("seconds") > 0;
  if (given || dataload::training_model(model, accelerator)) return {};
  return {"no step of " + model + " on " + accelerator +
          " is known (MLPerf Storage has none) use another accelerator, or give batch and seconds"};
}

ParamSpec output_of_training() {
  auto spec = size();
  spec.naming = ParamSpec::Naming::never;
  return spec;
}

constexpr char const* training_docs =
    R"(samples/s = samples of a step, of all ranks / seconds of the slowest rank's step: the wait for a batch, then the
computation. Ranks start each step together, as after DLIO's barrier (and the all-reduce of a real step).
accelerator_utilisation is DLIO's AU, as a share: seconds computed over seconds elapsed, the first step in neither, of
each rank; the document has the median over ranks, which the common start makes as good as DLIO's mean.
dlio_samples_per_second_v1 and _v2 are sums over ranks by both rules in use: all steps over all the time (v0.5, v1.0),
and (steps - 2) over the time without the first (v2.0 on). dlio_mib_per_second is what DLIO prints as MB/s: of nominal
record lengths, in binary megabytes; storage_bandwidth is what was read. meets_expectation: at least the utilisation that
MLPerf Storage asks for; DLIO-compatible, not an MLPerf result: such a one needs a conforming run.
step = gemm computes on the device that decodes too: on the host they take each other's time, and step_time over
step_time_alone says how much.
Steps: mlcommons/storage, configs/dlio/workload (batch, seconds, record bytes, utilisation). Bound: the step alone.
Checked: as dataload/records, or as dataload/pipeline with decode = jpeg; the products as gemm.)";

Workload training() {
  auto specs = joined(training_step(), {output_of_training()});
  specs = joined(joined(std::move(specs), set_params()), reading_params(ParamSpec::Naming::never));
  specs.push_back(prefetch_param());
  specs.push_back(check_param());
  Workload workload{
      "dataload/training",
      "training steps that wait for their batches: the accelerator's utilisation, as DLIO has it",
      training_docs,
      std::move(specs),
      {"throughput", "samples/s", Quantity::items},
      Scope::group,
      {1, true}};
  workload.check = faults_of_training;
  return workload;
}

Workload copy() {
  return {"dataload/copy",
          "a batch of encoded pictures from the reader's page-locked memory to the GPU (cuda backend)",
          "B/s = bytes copied / seconds, of one batch as it was read, in one copy. Bound: PCIe's rate. To be "
          "held against memory/transfer of as many bytes (figure bytes_per_batch). Checked: every picture's "
          "hash, of the bytes on the GPU.",
          joined(joined({format(), batch()}, set_params()), reading_params(ParamSpec::Naming::never)),
          {"bandwidth", "B/s", Quantity::bytes},
          Scope::each_rank,
          {1, true}};
}

Registration const registrations[]{
    Registration{pipeline()}, Registration{read()},     Registration{decode()}, Registration{preprocess()},
    Registration{records()},  Registration{training()}, Registration{copy()}};

}  // namespace
}  // namespace muster
