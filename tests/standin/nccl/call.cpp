#include "tests/standin/nccl/call.hpp"

#include <cstdint>

namespace muster::standin {
namespace {

char const* name(Reduction::Kind kind) {
  switch (kind) {
    case Reduction::Kind::sum:
      return "sum";
    case Reduction::Kind::prod:
      return "prod";
    case Reduction::Kind::max:
      return "max";
    case Reduction::Kind::min:
      return "min";
    case Reduction::Kind::average:
      return "avg";
    case Reduction::Kind::premultiplied:
      return "premulsum";
  }
  return "";
}

std::size_t times(std::size_t count, int ranks) { return count * static_cast<std::size_t>(ranks); }

}  // namespace

char const* name(Function function) {
  switch (function) {
    case Function::all_reduce:
      return "AllReduce";
    case Function::all_gather:
      return "AllGather";
    case Function::reduce_scatter:
      return "ReduceScatter";
    case Function::broadcast:
      return "Broadcast";
    case Function::reduce:
      return "Reduce";
    case Function::all_to_all:
      return "AlltoAll";
    case Function::gather:
      return "Gather";
    case Function::scatter:
      return "Scatter";
    case Function::send:
      return "Send";
    case Function::recv:
      return "Recv";
  }
  return "";
}

bool reduces(Function function) {
  return function == Function::all_reduce || function == Function::reduce_scatter ||
         function == Function::reduce;
}

bool has_algorithm(Function function) { return function <= Function::reduce; }

bool point_to_point(Call const& call) {
  return call.function == Function::send || call.function == Function::recv;
}

std::string describe(Call const& call) {
  std::string text =
      std::string(name(call.function)) + " of " + std::to_string(call.count) + " " + type_name(call.type);
  if (reduces(call.function)) text += std::string(" (") + name(call.reduction.kind) + ")";
  bool const rooted = call.function == Function::broadcast || call.function == Function::reduce ||
                      call.function == Function::gather || call.function == Function::scatter;
  if (rooted) text += ", root " + std::to_string(call.root);
  return text;
}

std::size_t sent_elements(Call const& call, int rank, int ranks) {
  switch (call.function) {
    case Function::recv:
      return 0;
    case Function::broadcast:
      return rank == call.root ? call.count : 0;
    case Function::scatter:
      return rank == call.root ? times(call.count, ranks) : 0;
    case Function::reduce_scatter:
    case Function::all_to_all:
      return times(call.count, ranks);
    default:
      return call.count;
  }
}

std::size_t received_elements(Call const& call, int rank, int ranks) {
  switch (call.function) {
    case Function::send:
      return 0;
    case Function::reduce:
      return rank == call.root ? call.count : 0;
    case Function::gather:
      return rank == call.root ? times(call.count, ranks) : 0;
    case Function::all_gather:
    case Function::all_to_all:
      return times(call.count, ranks);
    default:
      return call.count;
  }
}

bool overlaps_wrongly(Call const& call, int rank, int ranks) {
  std::size_t const size = element_bytes(call.type), own = times(call.count * size, rank);
  auto const send = reinterpret_cast<std::uintptr_t>(call.send);
  auto const recv = reinterpret_cast<std::uintptr_t>(call.recv);
  auto const sent = sent_elements(call, rank, ranks) * size;
  auto const received = received_elements(call, rank, ranks) * size;
  if (send + sent <= recv || recv + received <= send || sent == 0 || received == 0) return false;
  switch (call.function) {
    case Function::all_to_all:
      return true;
    case Function::all_gather:
    case Function::gather:
      return send != recv + own;
    case Function::reduce_scatter:
    case Function::scatter:
      return recv != send + own;
    default:
      return recv != send;
  }
}

Movement movement(Call const& call, int rank, int ranks) {
  std::size_t const count = call.count, all = times(count, ranks), own = times(count, rank);
  bool const root = rank == call.root;
  switch (call.function) {
    case Function::reduce_scatter:
    case Function::all_to_all:
      return {.published = all, .begin = own, .end = own + count};
    case Function::scatter:
      return {.published = all, .publishes = root, .begin = own, .end = own + count, .only_from = call.root};
    case Function::broadcast:
      return {.published = count, .publishes = root, .end = count, .only_from = call.root};
    case Function::reduce:
    case Function::gather:
      return {.published = count, .end = root ? count : 0};
    default:
      return {.published = count, .end = count};
  }
}

}  // namespace muster::standin
