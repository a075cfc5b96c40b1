// Batches of encoded pictures, read ahead of their use by a thread of its own, in epoch order.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "kernels/dataload/epoch.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/pipeline_meter.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/record_check.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/dataload/ring.hpp"
#include "kernels/dataload/storage.hpp"

namespace muster::dataload {

/// One encoded picture in memory.
struct EncodedImage {
  std::uint32_t record = 0;  ///< number in the set
  std::span<std::byte const> bytes{};
  std::uint64_t epoch = 0;  ///< of the stream that it came in
};

struct EncodedBatch {
  std::uint64_t index = 0;  ///< 0, 1, 2, ... in the order of the stream
  std::vector<EncodedImage> images{};
};

/// Bytes that hold any `batch` successive records of an EpochOrder over `set` that has `per_epoch` of them an
/// epoch, each widened to `alignment` on both sides.
std::size_t batch_capacity(RecordSet const& set, int batch, std::size_t alignment, std::uint64_t per_epoch);

/// The constructor allocates everything and starts to read; the destructor stops. Nothing is allocated per
/// batch. next() and give_back() may be called from different threads.
class ReadAhead {
 public:
  /// Throws BadInput, OutOfMemory, DeviceError. `set` outlives this.
  ReadAhead(RecordSet const& set, Options const& options, EpochShare const& share,
            Allocate const& allocate = allocate_pages);
  ReadAhead(ReadAhead const&) = delete;
  ReadAhead& operator=(ReadAhead const&) = delete;
  ~ReadAhead();

  /// The next batch in order; waits for it. It stays valid until given back. Throws what the reading thread
  /// threw. Null once stop() has been called.
  EncodedBatch const* next();
  void give_back(EncodedBatch const* batch);
  void stop();  ///< wakes whoever waits in next()

  /// How much of what was read so far came from the device: for all reads since the constructor, less the few
  /// in flight.
  StorageMeter storage() const { return meter_.so_far(bytes_read()); }

  std::string const& engine() const { return engine_name_; }  ///< "io_uring" or "pread": the one in use
  Io io() const { return files_.io(); }
  std::vector<std::string> const& notes() const {
    return notes_;
  }                                  ///< where engine or io differ from what was asked
  std::uint64_t bytes_read() const;  ///< of records, so far
  RecordCheck const* check() const { return check_.get(); }  ///< of all records, as they come; null: of none
  ReadTimes times() const;
  std::size_t ready() const;  ///< batches read and not yet fetched
  /// The memory that all batches lie in, one entry a batch slot.
  std::vector<std::span<std::byte>> memory() const;

 private:
  struct Slot {
    EncodedBatch batch;
    std::span<std::byte> memory{};
    std::vector<ReadRequest> requests{};
    std::size_t pending = 0;
  };

  void read_loop();
  bool wait_for_a_slot();
  bool submit_one();
  bool begin_slot();
  void plan(std::size_t number);
  void finish(std::uint64_t tag);

  RecordSet const& set_;
  int batch_size_;
  InputFiles files_;
  StorageMeter meter_;
  EpochOrder order_;  ///< only the reading thread's
  std::size_t slot_bytes_;
  HostMemory arena_;
  std::vector<Slot> slots_;
  std::unique_ptr<RecordCheck> check_{};
  std::unique_ptr<ReadEngine> engine_{};
  std::string engine_name_{};
  std::vector<std::string> notes_{};

  // Only the reading thread.
  std::uint64_t batches_begun_ = 0, epoch_ = 0;
  Ring<std::size_t> reading_;  ///< slots in stream order, first one is the oldest
  std::size_t submitted_of_newest_ = 0;

  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<std::size_t> free_{};
  MeteredRing<std::size_t> ready_;
  QueueMeter idle_{1};  ///< one: nothing is in flight and no slot is free
  std::uint64_t bytes_read_ = 0;
  bool stop_ = false;
  std::exception_ptr error_{};
  std::thread thread_{};
};

}  // namespace muster::dataload
