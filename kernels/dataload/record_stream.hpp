// Batches of whole records as they are, read ahead and taken on to the device by a thread of its own.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "kernels/contract/verdict.hpp"
#include "kernels/dataload/cpu_times.hpp"
#include "kernels/dataload/epoch.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/pipeline_meter.hpp"
#include "kernels/dataload/pipeline_summary.hpp"
#include "kernels/dataload/read_ahead.hpp"

namespace muster::dataload {

/// Memory of a device that batches are copied to.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual void copy(std::size_t buffer,
                    std::span<std::byte const> bytes) = 0;  ///< returns when they are there
  virtual std::vector<std::byte> fetch(std::size_t buffer, std::size_t bytes) = 0;  ///< back, to be checked
};

/// Null where records are used from the memory that they were read into.
using MakeDelivery = std::function<std::unique_ptr<Delivery>(std::size_t buffers, std::size_t bytes)>;

/// All meters of a stream at one moment.
struct StreamReading {
  double seconds = 0, copy = 0;  ///< copy: seconds in which the link was busy
  ReadTimes read{};
  QueueTimes prepared{};
  CpuTimes cpu{};

  StreamReading& operator+=(StreamReading const& other);
  StreamReading operator-(StreamReading const& other) const;
};

class RecordStream {
 public:
  /// Reads at once. `set` outlives this. Throws BadInput, OutOfMemory (also where the batches would take more
  /// than `memory_limit` bytes; 0: no limit), DeviceError.
  RecordStream(RecordSet const& set, Options const& options, EpochShare const& share,
               Allocate const& allocate, MakeDelivery const& make_delivery, std::uint64_t memory_limit);
  RecordStream(RecordStream const&) = delete;
  RecordStream& operator=(RecordStream const&) = delete;
  ~RecordStream();

  /// The next batch in order, on the device; waits for it. It stays until the next call. Throws what any
  /// thread threw.
  EncodedBatch const& next();
  /// Where the batch held lies on the device: the delivery's buffer, and the bytes in it as they were read.
  struct Held {
    std::size_t buffer = 0;
    std::span<std::byte const> bytes{};
  };
  Held held() const;
  /// The batch held: its records in order, as read and as they lie on the device.
  Verdict verify();

  void resume() { window_.resume(meters()); }    ///< metering: what came before does not count
  void advance() { window_.advance(meters()); }  ///< what came since then does
  /// Of the time metered. Measures each stage alone on the first call, with batches of the stream.
  PipelineSummary summary();
  ReadAhead const& reader() const { return *reader_; }
  /// Returns when all is read and copied ahead that may be, or after a minute.
  void rest();
  /// Batches that may be ready after a pause, and one.
  int batches_ahead() const { return options_.prefetch + static_cast<int>(buffers) + 1; }

 private:
  struct Delivered {
    EncodedBatch const* encoded = nullptr;
    std::size_t buffer = 0;
  };
  static constexpr std::size_t buffers =
      2;  ///< on the device: one with the consumer, one on its way or ready

  void copy_loop();
  bool copy_one();
  void give_back();
  Delivered take();
  StreamReading meters();
  Verdict check_delivered();
  void measure_alone();
  void copy_again();

  RecordSet const& set_;
  Options options_;
  std::optional<ReadAhead> reader_{};
  std::unique_ptr<Delivery> delivery_{};
  EpochAudit audit_;
  MeterClock::time_point begun_ = MeterClock::now();
  MeterWindow<StreamReading> window_{};
  OwnSum copied_{};
  std::optional<Delivered> held_{};
  double read_alone_ = 0, copy_alone_ = 0;  ///< bytes per second

  std::mutex mutex_{};
  std::condition_variable changed_{};
  MeteredRing<Delivered> ready_{buffers, 1};
  std::vector<std::size_t> free_{};
  bool stop_ = false;
  bool without_copies_ = false;  ///< while reading is measured alone
  std::exception_ptr error_{};
  std::thread copier_{};
};

}  // namespace muster::dataload
