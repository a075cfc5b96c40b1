#include "tests/standin/nccl/communicator.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <thread>

#include "kernels/contract/float16.hpp"
#include "tests/standin/cudart/hooks.hpp"

namespace muster::standin {
namespace {

// slots[rank][i] over all ranks, in rank order, so that every rank gets the same bits.
template <class T, class Load, class Store>
void add_up(Meeting const& meeting, int ranks, void* out, std::size_t count, Load load, Store store) {
  for (std::size_t i = 0; i < count; ++i) {
    auto const value = [&](int rank) {
      T stored;
      std::memcpy(&stored, meeting.slot(rank) + i * sizeof stored, sizeof stored);
      return load(stored);
    };
    auto sum = value(0);
    for (int rank = 1; rank < ranks; ++rank) sum += value(rank);
    T const result = store(sum);
    std::memcpy(static_cast<std::byte*>(out) + i * sizeof result, &result, sizeof result);
  }
}

void add_up(Meeting const& meeting, int ranks, void* out, std::size_t count, ncclDataType_t type) {
  auto const same = [](auto value) { return value; };
  switch (type) {
    case ncclFloat64:
      return add_up<double>(meeting, ranks, out, count, same, same);
    case ncclFloat16:
      return add_up<std::uint16_t>(meeting, ranks, out, count, from_fp16, to_fp16);
    case ncclBfloat16:
      return add_up<std::uint16_t>(meeting, ranks, out, count, from_bf16, to_bf16);
    default:
      return add_up<float>(meeting, ranks, out, count, same, same);
  }
}

bool is(std::optional<Fault> const& fault, Fault::Kind kind) { return fault && fault->kind == kind; }

}  // namespace

std::size_t element_bytes(ncclDataType_t type) {
  switch (type) {
    case ncclFloat64:
      return 8;
    case ncclFloat32:
      return 4;
    case ncclFloat16:
    case ncclBfloat16:
      return 2;
    default:
      return 0;
  }
}

void Communicator::join(std::uint64_t identity, std::optional<Fault> fault, bool blocking) {
  joining_ = std::thread([this, identity, fault] { meet(identity, fault); });
  if (blocking) joining_.join();
}

void Communicator::abort() {
  aborted_ = true;
  if (joining_.joinable()) joining_.join();
}

// The last hold may be that of work in a stream.
Communicator::~Communicator() { abort(); }

void Communicator::meet(std::uint64_t identity, std::optional<Fault> fault) {
  if (is(fault, Fault::Kind::hang)) return wait_for_abort();
  if (is(fault, Fault::Kind::delay)) delay(fault->value);
  try {
    meeting_ = std::make_unique<Meeting>(name_, rank_, ranks_);
  } catch (std::exception const& error) {
    std::fprintf(stderr, "stand-in nccl: %s\n", error.what());
    state_ = ncclSystemError;
    return;
  }
  meeting_->identity(rank_) = identity;
  if (!meeting_->barrier([this] { return aborted_.load(); })) return;
  meeting_->forget_name();
  bool const shared = shares_gpu();
  if (shared) std::fprintf(stderr, "stand-in nccl: Duplicate GPU detected\n");
  state_ = is(fault, Fault::Kind::async) ? static_cast<ncclResult_t>(fault->value)
           : shared                      ? ncclInvalidUsage
                                         : ncclSuccess;
}

bool Communicator::shares_gpu() const {
  for (int rank = 0; rank < ranks_; ++rank) {
    if (rank != rank_ && meeting_->identity(rank) == meeting_->identity(rank_)) return true;
  }
  return false;
}

void Communicator::wait_for_abort() const {
  while (!aborted_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

ncclResult_t Communicator::all_reduce(void const* in, void* out, std::size_t count, ncclDataType_t type,
                                      std::optional<Fault> fault, cudaStream_t stream) {
  ++outstanding_;
  bool const queued =
      muster_standin_enqueue(stream, [self = shared_from_this(), in, out, count, type, fault] {
        self->work(in, out, count, type, fault);
        --self->outstanding_;
        return cudaSuccess;
      });
  if (queued) return ncclSuccess;
  --outstanding_;
  return ncclInvalidArgument;
}

void Communicator::work(void const* in, void* out, std::size_t count, ncclDataType_t type,
                        std::optional<Fault> fault) {
  if (is(fault, Fault::Kind::async)) state_ = static_cast<ncclResult_t>(fault->value);
  if (is(fault, Fault::Kind::hang) || is(fault, Fault::Kind::async)) return wait_for_abort();
  if (is(fault, Fault::Kind::delay)) delay(fault->value);
  reduce(in, out, count, type);
  if (is(fault, Fault::Kind::wrong) && count > 0) {
    auto* const last = static_cast<unsigned char*>(out) + count * element_bytes(type) - 1;
    *last = static_cast<unsigned char>(*last ^ 0x40U);  // the highest bit of the last element's exponent
  }
}

void Communicator::reduce(void const* in, void* out, std::size_t count, ncclDataType_t type) {
  std::size_t const size = element_bytes(type), chunk = slot_bytes / size;
  auto const stop = [this] { return aborted_.load(); };
  for (std::size_t first = 0; first < count; first += chunk) {
    std::size_t const now = std::min(chunk, count - first);
    std::memcpy(meeting_->slot(rank_), static_cast<std::byte const*>(in) + first * size, now * size);
    if (!meeting_->barrier(stop)) return;
    add_up(*meeting_, ranks_, static_cast<std::byte*>(out) + first * size, now, type);
    if (!meeting_->barrier(stop)) return;  // nobody may write its slot while others still read it
  }
}

}  // namespace muster::standin
