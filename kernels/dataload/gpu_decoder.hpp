// JPEG pictures decoded on the GPU by nvJPEG, batch by batch, by whichever of its back ends a plan names.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/nvjpeg_batched.hpp"
#include "kernels/dataload/nvjpeg_hybrid.hpp"
#include "kernels/dataload/nvjpeg_target.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::cuda {

/// Who decodes how much of a batch. Pictures go one by one to the team's threads and CUDA cores (HYBRID:
/// Huffman codes on the CPU), or as many in one call to the JPEG engine (HARDWARE) or to CUDA cores alone
/// (GPU_HYBRID).
struct DecoderPlan {
  enum class Call { none, engine, cores };
  Call call = Call::none;
  double share = 0;     ///< of the pictures, that the call takes; 1: all that it does not refuse
  int lanes = 4;        ///< pictures that each thread has in flight
  bool region = false;  ///< the threads decode only what lies in a picture's crop, where that is known

  /// "CUDA cores, Huffman codes on CPU threads (HYBRID), 4 pictures in flight a thread".
  std::string text() const;
  std::string name() const;  ///< "hybrid_4", "hybrid_4_region", "batched", "hardware_60"
  bool operator==(DecoderPlan const&) const = default;
};

/// Bytes of device memory that hold the decoded pictures of any `batch` successive records of an epoch's
/// order.
std::size_t decoded_capacity(dataload::RecordSet const& set, int batch);

/// A batch on the device: picture i of what was decoded is pictures[i].
struct DecodedBatch {
  enum class By { lanes, call, nobody };  ///< nobody: it could not be decoded
  DeviceBuffer memory{};
  std::vector<JpegTarget> pictures{};
  std::vector<By> by{};
  Event begun{Event::Timing::on}, decoded{Event::Timing::on};
  Event free{};  ///< nobody reads it any more
};

/// Two batches' memory take turns, so that one can be used while the next is decoded. Nothing is allocated by
/// us once it is made; nvJPEG's allocations are counted.
class GpuDecoder {
 public:
  /// `set` and `team` outlive this. Throws Unsupported where the plan wants an engine and there is none,
  /// OutOfMemory, DeviceError.
  GpuDecoder(dataload::RecordSet const& set, Team& team, int batch, DecoderPlan const& plan);
  GpuDecoder(GpuDecoder const&) = delete;
  GpuDecoder& operator=(GpuDecoder const&) = delete;
  ~GpuDecoder();  ///< waits for the work under way

  /// Another plan from the next batch on; what it needs is made now. Throws as the constructor does.
  void use(DecoderPlan const& plan);
  DecoderPlan const& plan() const { return plan_; }

  /// Enqueues all of `images`, at most a batch; their bytes must stay until the work is done. `crops`: the
  /// part of each that is needed; none: all of them. What is put into `queue` later waits for it. Returns
  /// when the CPU's part is done. Throws OutOfMemory, DeviceError.
  DecodedBatch& run(std::span<dataload::EncodedImage const> images, cudaStream_t queue,
                    std::span<dataload::Crop const> crops = {});
  /// Decodes `images` until every lane has had one, and waits: what nvJPEG allocates on first use is there
  /// then.
  void warm(std::span<dataload::EncodedImage const> images, Device& device,
            std::span<dataload::Crop const> crops = {});
  /// What is in `queue` now is the last that reads `batch`.
  void done_with(DecodedBatch& batch, cudaStream_t queue);

  std::size_t failures() const { return failures_; }  ///< pictures that nobody could decode, so far
  std::string const& first_failure() const { return first_failure_; }
  /// Pictures so far that the call took, and that it refused (an engine: progressive ones, 4:1:1).
  std::uint64_t by_call() const { return by_call_; }
  std::uint64_t refused_by_call() const { return refused_; }
  /// Allocations of nvJPEG since warm(): for pictures larger than any it had met.
  std::uint64_t late_allocations() const { return allocations() - allocations_when_warm_; }
  double host_seconds() const { return host_seconds_; }  ///< of run(), so far
  Nvjpeg::Engines engines() const { return engine_ ? engine_->engines() : Nvjpeg::Engines{}; }

 private:
  std::uint64_t allocations() const;
  BatchedDecoder& call() { return plan_.call == DecoderPlan::Call::engine ? *engine_ : *cores_; }
  void place(std::span<dataload::EncodedImage const> images, DecodedBatch& batch);
  void look_at_headers(DecodedBatch const& batch);
  void divide(DecodedBatch& batch);
  void run_tickets(DecodedBatch& batch);
  bool run_call(DecodedBatch const& batch);
  void run_again(DecodedBatch& batch);
  void decode_one(int thread, std::size_t picture, DecodedBatch& batch);
  void note_failure(std::size_t picture, std::string const& why);
  void finish(DecodedBatch& batch, cudaStream_t queue);

  dataload::RecordSet const& set_;
  Team& team_;
  int batch_size_;
  std::uint64_t largest_pixels_;
  DecoderPlan plan_{};
  DecodedBatch batches_[2];
  std::uint64_t runs_ = 0;
  Stream begin_{}, end_{};
  std::unique_ptr<HybridDecoder> hybrid_{};
  std::unique_ptr<BatchedDecoder> engine_{}, cores_{};

  // Of the run under way.
  std::span<dataload::EncodedImage const> images_{};
  std::span<dataload::Crop const> crops_{};
  std::vector<std::size_t> order_;                 ///< pictures, longest first
  std::vector<std::size_t> for_call_, for_lanes_;  ///< who is to decode them
  std::vector<JpegTarget const*> targets_;         ///< of the call
  enum class Answer : std::uint8_t { unsound, refused, taken };
  std::vector<Answer> answers_;  ///< of the call, to each picture

  std::uint64_t by_call_ = 0, refused_ = 0;
  std::uint64_t allocations_when_warm_ = 0;
  double host_seconds_ = 0;
  std::mutex failure_mutex_{};
  std::size_t failures_ = 0;
  std::string first_failure_{};
};

}  // namespace muster::cuda
