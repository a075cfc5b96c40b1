// Parameters that the workloads which read a set share: which records, how they are read, who decodes them.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/params.hpp"

namespace muster::dataload {

/// Of the synthetic set, or of one's own.
inline std::vector<ParamSpec> set_params() {
  return {{"images",
           ParamSpec::Kind::integer,
           "images",
           std::int64_t{2000},
           "pictures in the synthetic set, or at most used of one's own (0: all of them)",
           {},
           0,
           1e8,
           ParamSpec::Naming::never},
          {"width",
           ParamSpec::Kind::integer,
           "pixels",
           std::int64_t{500},
           "median width of synthetic pictures",
           {},
           16,
           8192,
           ParamSpec::Naming::never},
          {"height",
           ParamSpec::Kind::integer,
           "pixels",
           std::int64_t{375},
           "median height of synthetic pictures",
           {},
           16,
           8192,
           ParamSpec::Naming::never}};
}

/// How records come from storage.
inline std::vector<ParamSpec> reading_params(ParamSpec::Naming naming) {
  return {
      {"io",
       ParamSpec::Kind::choice,
       "",
       "direct",
       "direct: past the page cache (O_DIRECT); dropped: through it, and what was read is let go of at "
       "once, so that it comes from the device again",
       {"direct", "buffered", "dropped"},
       0,
       0,
       naming},
      {"engine",
       ParamSpec::Kind::choice,
       "",
       "auto",
       "how reads are issued; auto: io_uring where allowed, else pread; cufile: into a GPU's memory "
       "(dataload/read on the cuda backend)",
       {"auto", "pread", "io_uring", "cufile"},
       0,
       0,
       naming},
      {"depth", ParamSpec::Kind::integer, "reads", std::int64_t{8}, "reads in flight", {}, 1, 1024, naming}};
}

inline ParamSpec check_param() {
  ParamSpec spec{"check",
                 ParamSpec::Kind::choice,
                 "",
                 "sampled",
                 "records held against their hash: some before and after sampling, or all as they are read",
                 {"sampled", "all"}};
  spec.naming = ParamSpec::Naming::unless_default;
  return spec;
}

inline ParamSpec prefetch_param() {
  return {"prefetch", ParamSpec::Kind::integer, "batches", std::int64_t{2}, "batches read ahead", {}, 1,
          64,         ParamSpec::Naming::never};
}

inline ParamSpec decoder_param() {
  return {
      "decoder",
      ParamSpec::Kind::choice,
      "",
      "auto",
      "cuda: who decodes. hybrid: CPU threads (Huffman) and CUDA cores; batched: CUDA cores alone; hardware: "
      "the JPEG engine; split: engine and hybrid; auto: the fastest of these, tried out at set-up",
      {"auto", "hybrid", "batched", "hardware", "split"},
      0,
      0,
      ParamSpec::Naming::unless_default};
}

inline std::vector<ParamSpec> joined(std::vector<ParamSpec> specs, std::vector<ParamSpec> const& more) {
  specs.insert(specs.end(), more.begin(), more.end());
  return specs;
}

}  // namespace muster::dataload
