// Each stage of the pipeline alone, for its own workload and for the pipeline's bound.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/picture_worker_host.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/dataload/resize_host.hpp"

namespace muster::dataload {

/// Encoded pictures in memory, decoded by all threads of a team, one picture a thread at a time.
class DecodeStage {
 public:
  /// Takes records in the set's order, as many as fit in `memory` bytes, but at least one. `scaled`: each is
  /// reduced as far as leaves 224 pixels of its shorter side.
  DecodeStage(RecordSet const& set, Team& team, std::size_t memory, bool scaled = false);
  /// The next `count` pictures, round and round.
  void run(int count);

  struct Last {
    std::size_t picture = 0;  ///< number in the record set
    bool any = false;
    ImageBuffer image{};
  };
  /// The last pictures of each thread, as they were decoded.
  std::vector<Last>& last() { return last_; }
  std::span<std::byte const> encoded(std::size_t picture) const { return encoded_[picture]; }
  int reduction(std::size_t picture) const;
  std::size_t pictures() const { return encoded_.size(); }
  std::uint64_t pixels() const { return pixels_; }  ///< decoded so far
  std::size_t failures() const { return failures_; }
  std::string const& first_failure() const { return first_failure_; }

 private:
  static constexpr std::size_t kept_per_thread = 4;
  void decode(std::size_t thread, std::size_t ticket);

  RecordSet const& set_;
  Team& team_;
  bool scaled_;
  std::vector<std::vector<std::byte>> encoded_{};
  std::vector<JpegDecoder> decoders_;
  std::vector<Last> last_;
  std::vector<std::size_t> decoded_;  ///< by each thread, so far
  std::atomic<std::uint64_t> pixels_{0};
  std::size_t done_ = 0;
  std::atomic<std::size_t> failures_{0};
  std::string first_failure_{};
};

/// Decoded pictures in memory, preprocessed by all threads of a team into one batch.
class PreprocessStage {
 public:
  /// `seed`: of the crops.
  PreprocessStage(RecordSet const& set, Options const& options, Team& team, std::uint64_t seed,
                  std::size_t memory);
  void run();
  std::span<std::byte> out() { return out_; }  ///< batch x 3 x size x size, of the type asked for
  ImageView image(std::size_t i) const { return images_[i % images_.size()].view(); }
  Crop crop(std::size_t i) const;  ///< each time that a picture comes another

 private:
  Team& team_;
  Options options_;
  std::uint64_t seed_;
  std::vector<ImageBuffer> images_{};
  std::vector<HostPreprocessor> workers_;
  std::vector<std::byte> out_;
};

/// Encoded pictures in memory, decoded and preprocessed by all threads of a team as the pipeline does it.
class PictureStage {
 public:
  /// Takes records in the set's order, as many as fit in `memory` bytes, but at least one.
  PictureStage(RecordSet const& set, Options const& options, Team& team, std::size_t memory);
  /// The next `count` pictures, round and round, each time with another crop.
  void run(int count);
  std::uint64_t pictures() const { return done_; }  ///< so far
  std::uint64_t pixels() const;                     ///< decoded for the crops, so far
  PictureSeconds seconds() const;                   ///< of all threads, so far

 private:
  struct Thread {
    PictureWorker worker;
    std::vector<std::byte> out;
    std::uint64_t pixels = 0;
  };

  Team& team_;
  std::vector<std::vector<std::byte>> encoded_;
  std::vector<Thread> threads_{};
  std::uint64_t done_ = 0;
};

struct StageRates {
  double read = 0;     ///< pictures per second, alone
  double picture = 0;  ///< decoded and preprocessed, pictures per second, alone
  double decode = 0,
         preprocess = 0;  ///< the parts of that: what either would reach if the other took no time
  double read_bytes = 0;  ///< of records, per second
  double pixels = 0;      ///< decoded for the crops, per second
};

/// Runs reading, and decoding with preprocessing, each alone for about `seconds`.
StageRates measure_stages(RecordSet const& set, Options const& options, Team& team, double seconds);

}  // namespace muster::dataload
