// Where a training step's batches come from.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/pipeline_summary.hpp"
#include "kernels/dataload/record_stream.hpp"

namespace muster::dataload {

class TrainingInput {
 public:
  virtual ~TrainingInput() = default;
  virtual void next() = 0;    ///< waits until the next batch is on the device; the one before goes
  virtual void resume() = 0;  ///< metering: the time since the last batch does not count
  /// resume(), with what was made ready while nobody waited thrown away.
  virtual void restart() = 0;
  virtual int batch() const = 0;  ///< records in each
  virtual Verdict verify() = 0;
  virtual PipelineSummary summary() = 0;  ///< as MeteredPipeline::summary()
  virtual std::vector<std::pair<std::string, std::string>> facts() = 0;
};

/// What a backend lends to records that are not decoded.
struct RecordMemory {
  Allocate allocate = allocate_pages;
  MakeDelivery make_delivery{};  ///< empty: records are used where they are read
  std::uint64_t limit = 0;       ///< bytes that batches may take; 0: the allocation itself says
};

/// Whose records a step was published for.
struct NominalRecords {
  std::string model{};
  double bytes = 0;  ///< of a record; 0: any records will do
};

/// Records as they are. `batch`: records a batch; 0: as many as fit in 256 MiB, at most 64. Throws
/// Unsupported when the set's are more than four times as large as the nominal ones: a batch would not be
/// that model's, nor fit.
std::unique_ptr<TrainingInput> record_input(Params const& params, int batch, NominalRecords const& nominal,
                                            Context& context, RecordMemory const& memory);

/// Pictures through the backend's workload dataload/pipeline. Throws Unsupported where it has none.
std::unique_ptr<TrainingInput> picture_input(Params const& params, int batch, Context& context);

}  // namespace muster::dataload
