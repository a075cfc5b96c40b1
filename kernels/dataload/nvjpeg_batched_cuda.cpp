#include "kernels/dataload/nvjpeg_batched.hpp"

#include <utility>

#include "kernels/dataload/nvjpeg_hybrid.hpp"

namespace muster::cuda {

BatchedDecoder::BatchedDecoder(nvjpegBackend_t backend, int most, int cpu_threads)
    : nvjpeg_(backend),
      cpu_threads_(cpu_threads),
      data_(static_cast<std::size_t>(most)),
      lengths_(data_.size()),
      images_(data_.size()) {
  for (auto& turn : turns_) turn.state = nvjpeg_.batched_state();
  for (int i = 0; i < cpu_threads; ++i) headers_.push_back(nvjpeg_.header());
}

BatchedDecoder::~BatchedDecoder() {
  for (auto const& turn : turns_) turn.done.outlast();
}

bool BatchedDecoder::parse(int thread, JpegTarget const& target) const {
  auto const& header = headers_[static_cast<std::size_t>(thread)];
  auto const status = nvjpeg().parse_header(nvjpeg_.get(), target.data(), target.bytes.size(), header.get());
  if (status != NVJPEG_STATUS_SUCCESS && !blames_picture(status))
    check(status, "nvjpegJpegStreamParseHeader");
  return status == NVJPEG_STATUS_SUCCESS && size_fault(header, target).empty();
}

bool BatchedDecoder::takes(int thread) const {
  auto const& header = headers_[static_cast<std::size_t>(thread)];
  int refusal = 1;
  check(nvjpeg().batched_supported(nvjpeg_.get(), header.get(), &refusal), "nvjpegDecodeBatchedSupported");
  return refusal == 0;  // "is_supported" is 0 where it is
}

void BatchedDecoder::initialise(Turn& turn, int pictures) {
  turn.pictures = 0;
  check(nvjpeg().batched_initialize(nvjpeg_.get(), turn.state.get(), pictures, cpu_threads_,
                                    NVJPEG_OUTPUT_RGBI),
        "nvjpegDecodeBatchedInitialize");
  turn.pictures = pictures;
}

bool BatchedDecoder::decode(std::span<JpegTarget const* const> targets, Event const& after) {
  auto& turn = turns_[next_++ % 2];
  if (turn.used) turn.done.wait();
  int const pictures = static_cast<int>(targets.size());
  if (turn.pictures != pictures) initialise(turn, pictures);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    data_[i] = targets[i]->data();
    lengths_[i] = targets[i]->bytes.size();
    images_[i] = targets[i]->image();
  }
  make_wait(turn.stream.get(), after);
  auto const status = nvjpeg().decode_batched(nvjpeg_.get(), turn.state.get(), data_.data(), lengths_.data(),
                                              images_.data(), turn.stream.get());
  turn.done.record(turn.stream.get());
  turn.used = turn.open = true;
  if (status == NVJPEG_STATUS_SUCCESS) return true;
  turn.pictures = 0;  // a batch that failed leaves the state to be initialised again
  if (!blames_picture(status)) check(status, "nvjpegDecodeBatched");
  return false;
}

void BatchedDecoder::join(cudaStream_t stream) {
  for (auto& turn : turns_) {
    if (std::exchange(turn.open, false)) make_wait(stream, turn.done);
  }
}

}  // namespace muster::cuda
