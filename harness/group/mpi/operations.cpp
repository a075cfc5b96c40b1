#include "harness/group/mpi/operations.hpp"

#include <climits>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "harness/group/mpi/error.hpp"
#include "harness/group/mpi/reduction.hpp"
#include "kernels/contract/error.hpp"

namespace muster {

namespace {

class Operations final : public ReadyCall {
 public:
  Operations(MPI_Comm communicator, int rank, int size, CollectiveCall const& call)
      : communicator_(communicator),
        rank_(rank),
        size_(size),
        call_(call),
        type_(mpi_type(call.type)),
        reduction_(reduces(call.operation) ? mpi_reduction(call.type, call.reduction) : MPI_OP_NULL),
        count_(mpi_count(call.count)) {}

  void run() override {
    switch (call_.operation) {
      case Operation::all_reduce:
        return all_reduce();
      case Operation::reduce:
        return reduce();
      case Operation::reduce_scatter:
        return reduce_scatter();
      case Operation::all_gather:
        return all_gather();
      case Operation::broadcast:
        return broadcast();
      case Operation::all_to_all:
        return check_mpi(MPI_Alltoall(call_.send, count_, type_, call_.recv, count_, type_, communicator_),
                         "MPI_Alltoall");
      case Operation::all_to_all_v:
        return all_to_all_v();
      case Operation::gather:
        return gather();
      case Operation::scatter:
        return scatter();
      case Operation::send_recv:
        return exchange((rank_ + 1) % size_, (rank_ + size_ - 1) % size_);
      case Operation::pairwise:
        if (call_.partner >= 0) exchange(call_.partner, call_.partner);
        return;
    }
  }

 private:
  static constexpr int tag = 7;

  std::size_t bytes() const { return call_.count * element_bytes(call_.type); }
  std::byte* own_part(void const* whole) const {
    return static_cast<std::byte*>(const_cast<void*>(whole)) + static_cast<std::size_t>(rank_) * bytes();
  }
  bool root() const { return rank_ == call_.root; }

  /// What this rank adds: its source, or that times its scalar, which then lies in scaled_.
  void const* addends(std::size_t elements) {
    int const scalar = premul_scalar(rank_);
    if (call_.reduction != Reduction::premul_sum || scalar == 1) return call_.send;
    scaled_ = std::make_unique_for_overwrite<std::byte[]>(elements * element_bytes(call_.type));
    scale_elements(call_.type, call_.send, scaled_.get(), elements, scalar);
    return scaled_.get();
  }

  void finish(void* values) const {
    if (call_.reduction == Reduction::avg) divide_elements(call_.type, values, call_.count, size_);
  }

  void all_reduce() {
    auto const* const source = addends(call_.count);
    check_mpi(MPI_Allreduce(source == call_.recv ? MPI_IN_PLACE : source, call_.recv, count_, type_,
                            reduction_, communicator_),
              "MPI_Allreduce");
    finish(call_.recv);
  }

  void reduce() {
    auto const* const source = addends(call_.count);
    bool const in_place = root() && source == call_.recv;
    check_mpi(MPI_Reduce(in_place ? MPI_IN_PLACE : source, root() ? call_.recv : nullptr, count_, type_,
                         reduction_, call_.root, communicator_),
              "MPI_Reduce");
    if (root()) finish(call_.recv);
  }

  // MPI's own form of in place leaves the result at the buffer's beginning, so there is a copy.
  void reduce_scatter() {
    auto const* const source = addends(call_.count * static_cast<std::size_t>(size_));
    bool const in_place = call_.recv == own_part(call_.send) && source == call_.send;
    auto const target = in_place ? std::make_unique_for_overwrite<std::byte[]>(bytes()) : nullptr;
    check_mpi(MPI_Reduce_scatter_block(source, in_place ? target.get() : call_.recv, count_, type_,
                                       reduction_, communicator_),
              "MPI_Reduce_scatter_block");
    if (in_place) std::memcpy(call_.recv, target.get(), bytes());
    finish(call_.recv);
  }

  void all_gather() {
    bool const in_place = call_.send == own_part(call_.recv);
    check_mpi(MPI_Allgather(in_place ? MPI_IN_PLACE : call_.send, count_, type_, call_.recv, count_, type_,
                            communicator_),
              "MPI_Allgather");
  }

  void broadcast() {
    if (root() && call_.send != call_.recv) std::memcpy(call_.recv, call_.send, bytes());
    check_mpi(MPI_Bcast(call_.recv, count_, type_, call_.root, communicator_), "MPI_Bcast");
  }

  void gather() {
    bool const in_place = root() && call_.send == own_part(call_.recv);
    check_mpi(MPI_Gather(in_place ? MPI_IN_PLACE : call_.send, count_, type_, call_.recv, count_, type_,
                         call_.root, communicator_),
              "MPI_Gather");
  }

  void scatter() {
    bool const in_place = root() && call_.recv == own_part(call_.send);
    check_mpi(MPI_Scatter(call_.send, count_, type_, in_place ? MPI_IN_PLACE : call_.recv, count_, type_,
                          call_.root, communicator_),
              "MPI_Scatter");
  }

  void all_to_all_v() {
    auto const ints = [](std::span<std::size_t const> values) {
      std::vector<int> all;
      for (auto const value : values) all.push_back(mpi_count(value));
      return all;
    };
    auto const sends = ints(call_.send_counts), from = ints(call_.send_offsets);
    auto const receives = ints(call_.recv_counts), to = ints(call_.recv_offsets);
    check_mpi(MPI_Alltoallv(call_.send, sends.data(), from.data(), type_, call_.recv, receives.data(),
                            to.data(), type_, communicator_),
              "MPI_Alltoallv");
  }

  void exchange(int to, int from) {
    check_mpi(MPI_Sendrecv(call_.send, count_, type_, to, tag, call_.recv, count_, type_, from, tag,
                           communicator_, MPI_STATUS_IGNORE),
              "MPI_Sendrecv");
  }

  MPI_Comm communicator_;
  int rank_, size_;
  CollectiveCall const& call_;
  MPI_Datatype type_;
  MPI_Op reduction_;
  int count_;
  std::unique_ptr<std::byte[]> scaled_;
};

}  // namespace

int mpi_count(std::size_t count) {
  if (count <= INT_MAX) return static_cast<int>(count);
  throw Unsupported("a buffer of " + std::to_string(count) +
                    " elements is more than one MPI call takes (its count is an int); use at most " +
                    std::to_string(INT_MAX));
}

void run_collective(MPI_Comm communicator, int rank, int size, CollectiveCall const& call) {
  Operations(communicator, rank, size, call).run();
}

std::unique_ptr<ReadyCall> ready_collective(MPI_Comm communicator, int rank, int size,
                                            CollectiveCall const& call) {
  return std::make_unique<Operations>(communicator, rank, size, call);
}

}  // namespace muster
