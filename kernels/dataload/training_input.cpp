#include "kernels/dataload/training_input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/dataload/options.hpp"

namespace muster::dataload {
namespace {

Options options_of_records(Params const& params, int batch) {
  Options options = options_from(params);
  options.pictures_only = false;
  options.batch = batch;
  return options;
}

/// Records a batch, where the user has not said.
int fitting_batch(RecordSet const& set) {
  constexpr std::uint64_t bytes = std::uint64_t{256} << 20, most = 64;
  std::uint64_t const mean = std::max<std::uint64_t>(1, set.bytes() / set.records.size());
  return static_cast<int>(std::clamp<std::uint64_t>(bytes / mean, 1, most));
}

void refuse_far_larger(RecordSet const& set, NominalRecords const& nominal) {
  double const mean = static_cast<double>(set.bytes()) / static_cast<double>(set.records.size());
  if (nominal.bytes <= 0 || mean <= 4 * nominal.bytes) return;
  throw Unsupported(fmt::format(
      "the records have {:.0f} bytes on average (those of {} have {:.0f}, for which its batch is) "
      "give batch, or use another model",
      mean, nominal.model, nominal.bytes));
}

class RecordInput final : public TrainingInput {
 public:
  RecordInput(Options const& options, NominalRecords const& nominal, Context& context,
              RecordMemory const& memory)
      : set_(open_records(options, context)),
        options_(with_batch(options, nominal)),
        stream_(set_, options_, epoch_share(context), memory.allocate, memory.make_delivery, memory.limit) {
    for (auto const& note : stream_.reader().notes()) context.note(note);
  }

  void next() override {
    stream_.next();
    stream_.advance();
  }
  void resume() override { stream_.resume(); }
  void restart() override {
    for (int i = 0; i < stream_.batches_ahead(); ++i) stream_.next();
    resume();
  }
  Verdict verify() override { return stream_.verify(); }
  PipelineSummary summary() override { return stream_.summary(); }
  std::vector<std::pair<std::string, std::string>> facts() override {
    auto facts = facts_of(set_);
    facts.emplace_back("read_engine", stream_.reader().engine());
    facts.emplace_back("io", stream_.reader().io() == Io::direct ? "direct" : "buffered");
    facts.emplace_back("batch", std::to_string(options_.batch));
    return facts;
  }
  int batch() const override { return options_.batch; }

 private:
  Options with_batch(Options options, NominalRecords const& nominal) const {
    refuse_far_larger(set_, nominal);
    if (options.batch == 0) options.batch = fitting_batch(set_);
    return options;
  }

  RecordSet set_;
  Options options_;
  RecordStream stream_;
};

class PictureInput final : public TrainingInput {
 public:
  PictureInput(std::unique_ptr<Instance> pipeline, int batch, Device& device)
      : device_(device),
        batch_(batch),
        pipeline_(std::move(pipeline)),
        meters_(dynamic_cast<MeteredPipeline*>(pipeline_.get())) {}

  void next() override {
    pipeline_->launch();
    device_.wait();
  }
  void resume() override {
    if (meters_ != nullptr) meters_->resume_meters();
  }
  void restart() override { pipeline_->reset(); }
  int batch() const override { return batch_; }
  Verdict verify() override { return pipeline_->verify(); }
  PipelineSummary summary() override { return meters_ != nullptr ? meters_->summary() : PipelineSummary{}; }
  std::vector<std::pair<std::string, std::string>> facts() override { return pipeline_->facts(); }

 private:
  Device& device_;
  int batch_;
  std::unique_ptr<Instance> pipeline_;
  MeteredPipeline* meters_;
};

}  // namespace

std::unique_ptr<TrainingInput> record_input(Params const& params, int batch, NominalRecords const& nominal,
                                            Context& context, RecordMemory const& memory) {
  return std::make_unique<RecordInput>(options_of_records(params, batch), nominal, context, memory);
}

std::unique_ptr<TrainingInput> picture_input(Params const& params, int batch, Context& context) {
  Maker const make = MakerTable::instance().find("dataload/pipeline");
  if (make == nullptr)
    throw Unsupported("pictures need the workload dataload/pipeline (this build has none) use decode = none");
  Params pipeline = params;
  pipeline.set("format", "jpeg");
  pipeline.set("batch", std::int64_t{batch});
  return std::make_unique<PictureInput>(make(pipeline, context), batch, context.device);
}

}  // namespace muster::dataload
