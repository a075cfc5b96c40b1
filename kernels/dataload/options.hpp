// Parameters of the dataload workloads as values, and the record set that they ask for.
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/preprocess.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::dataload {

enum class Engine { automatic, pread, io_uring };
enum class Io { direct, buffered };
enum class Access { sequential, records };
/// Of nvJPEG: see DecoderPlan in gpu_decoder.hpp. automatic: the fastest of them.
enum class Decoder { automatic, hybrid, batched, hardware, split };
enum class CropKind { random, centre };

/// A parameter that a workload does not have keeps the value given here.
struct Options {
  int batch = 64;              ///< pictures per launch
  int size = 224;              ///< side of the square output, pixels
  std::int64_t images = 2000;  ///< pictures in the synthetic set, or used of the user's; 0: all of the user's
  int width = 500, height = 375;  ///< median size of the synthetic pictures
  Engine engine = Engine::automatic;
  Io io = Io::direct;
  Access access = Access::records;
  std::size_t block = 1 << 20;  ///< bytes per read of access `sequential`
  int depth = 8;                ///< reads in flight
  bool pictures_only = true;    ///< of a dataset: only its JPEG records; dataload/read takes any
  int prefetch = 2;             ///< encoded batches read ahead of those in work
  Decoder decoder = Decoder::automatic;
  CropKind crop = CropKind::random;
  Filter filter = Filter::triangle;
  Output output = Output::float32;
  bool scaled = false;  ///< pictures are reduced while they are decoded, where their crop allows it

  OutputSpec output_spec() const { return {size, filter, output}; }
};

/// The part of a picture of width x height pixels that is used. `key`: crop_key() of the picture.
Crop crop_for(Options const& options, int width, int height, std::uint64_t key);

Options options_from(Params const& params);

/// Throws Unsupported where `options` name a decoder that only a GPU has.
void require_host_decoder(Options const& options);

/// The rank's own: ranks go through the set in different orders.
std::uint64_t order_seed(Context const& context);

/// The user's dataset (a folder with an index) or pictures (context.data), or the synthetic set, made on
/// first use under context.cache by the first rank of each node while the others wait: so every rank of the
/// group must call this. Notes what was skipped. Throws BadInput when nothing usable is there, or the cache
/// has too little space, DeviceError when it cannot be written.
RecordSet open_records(Options const& options, Context& context);

}  // namespace muster::dataload
