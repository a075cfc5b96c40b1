// Results as they are named on a command line.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/rank_samples.hpp"
#include "harness/core/sensor_series.hpp"

namespace muster {

/// Who wrote it.
enum class ResultKind { muster, google_benchmark, nccl_tests, superbench };
std::string_view name(ResultKind kind);  ///< "muster", "google_benchmark", "nccl_tests", "superbench"

struct LoadedResult {
  std::string label;           ///< of LABEL=PATH, else the shortest name that says which it is
  std::filesystem::path file;  ///< the document; its side files stand in the same folder
  std::string sha256;          ///< of its bytes
  Document document;
  ResultKind kind = ResultKind::muster;
  /// For people: a newer schema, or what another program's result lacks. They name no file.
  std::vector<std::string> notes{};
};

struct NamedPath {
  std::string label;  ///< "" where none is given
  std::filesystem::path path;
};

/// LABEL=PATH in two. A path that exists is one, whatever it looks like; so is everything with a / before its
/// first =.
NamedPath named_path(std::string const& argument);

/// `argument`: a document, a run's folder (which holds result.json), or LABEL=either. Also what Google
/// Benchmark (JSON), nccl-tests (JSON or text) and SuperBench (a baseline) wrote, told apart by what is in it; a folder of such files
/// (.json, .txt, .log, .out) is one result, a file a launch. Throws Error(usage) with the file, and the
/// position or path of what is wrong in it; Error(infrastructure) where it cannot be read.
LoadedResult load_result(std::string const& argument);

/// The same of a file's content; `name` stands for its path without ending. Errors name no file.
LoadedResult result_from_text(std::string_view text, std::string const& name);

/// The figures of all ranks: from the document, or from the side files of a large run.
/// Throws Error(usage) where side files are not those that the document was written with (their hashes
/// differ), or are broken; Error(infrastructure) where one is missing.
RankSamples rank_samples(LoadedResult const& result);

/// Readings of the devices' sensors, from the side files of samples: none where there are no such files (a
/// document that was copied alone), and of a large run none at all. Throws as rank_samples() does where one
/// is not that of the document, is broken, or where all together are too large to be worth reading for this.
std::vector<SensorSeries> sensor_series(LoadedResult const& result);

}  // namespace muster
