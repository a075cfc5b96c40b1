// What the tests of the stand-in NCCL share: values in every data type, ranks that run a test, operations
// that check themselves.
#pragma once
#include <cmath>
#include <cstdint>
#include <functional>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"
#include "tests/standin/nccl_rank.hpp"
#include "tests/standin/process_group.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {

constexpr ncclDataType_t every_type[] = {ncclInt8,    ncclUint8,    ncclInt32,      ncclUint32,
                                         ncclInt64,   ncclUint64,   ncclFloat16,    ncclFloat32,
                                         ncclFloat64, ncclBfloat16, ncclFloat8e4m3, ncclFloat8e5m2};

inline std::size_t size_of(ncclDataType_t type) {
  switch (type) {
    case ncclInt8:
    case ncclUint8:
    case ncclFloat8e4m3:
    case ncclFloat8e5m2:
      return 1;
    case ncclFloat16:
    case ncclBfloat16:
      return 2;
    case ncclInt32:
    case ncclUint32:
    case ncclFloat32:
      return 4;
    default:
      return 8;
  }
}
inline bool is_signed(ncclDataType_t type) {
  return type != ncclUint8 && type != ncclUint32 && type != ncclUint64;
}
inline bool is_float(ncclDataType_t type) { return type >= ncclFloat16; }

template <class T>
inline void put(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}
template <class T>
T get(std::byte const* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline void encode(std::byte* at, double value, ncclDataType_t type) {
  auto const narrow = static_cast<float>(value);
  switch (type) {
    case ncclInt8:
      return put(at, static_cast<std::int8_t>(value));
    case ncclUint8:
      return put(at, static_cast<std::uint8_t>(value));
    case ncclInt32:
      return put(at, static_cast<std::int32_t>(value));
    case ncclUint32:
      return put(at, static_cast<std::uint32_t>(value));
    case ncclInt64:
      return put(at, static_cast<std::int64_t>(value));
    case ncclUint64:
      return put(at, static_cast<std::uint64_t>(value));
    case ncclFloat16:
      return put(at, to_fp16(narrow));
    case ncclBfloat16:
      return put(at, to_bf16(narrow));
    case ncclFloat8e4m3:
      return put(at, to_e4m3(narrow));
    case ncclFloat8e5m2:
      return put(at, to_e5m2(narrow));
    case ncclFloat32:
      return put(at, narrow);
    default:
      return put(at, value);
  }
}

inline double decode(std::byte const* at, ncclDataType_t type) {
  switch (type) {
    case ncclInt8:
      return get<std::int8_t>(at);
    case ncclUint8:
      return get<std::uint8_t>(at);
    case ncclInt32:
      return get<std::int32_t>(at);
    case ncclUint32:
      return get<std::uint32_t>(at);
    case ncclInt64:
      return static_cast<double>(get<std::int64_t>(at));
    case ncclUint64:
      return static_cast<double>(get<std::uint64_t>(at));
    case ncclFloat16:
      return static_cast<double>(from_fp16(get<std::uint16_t>(at)));
    case ncclBfloat16:
      return static_cast<double>(from_bf16(get<std::uint16_t>(at)));
    case ncclFloat8e4m3:
      return static_cast<double>(from_e4m3(get<std::uint8_t>(at)));
    case ncclFloat8e5m2:
      return static_cast<double>(from_e5m2(get<std::uint8_t>(at)));
    case ncclFloat32:
      return static_cast<double>(get<float>(at));
    default:
      return get<double>(at);
  }
}

// From 1 to 3, so that sums of four and products of four with 2 stay exact in every type; of either sign
// From 1 to 3, e5m2's from 1 to 2, so that sums over four ranks stay exact in every type; of either sign
// where the type has one.
inline double value(int rank, std::size_t i, ncclDataType_t type) {
  std::size_t const variety = type == ncclFloat8e5m2 ? 2 : 3;
  double const size = 1.0 + static_cast<double>((static_cast<std::size_t>(rank) + i) % variety);
  return is_signed(type) && i % 2 == 1 ? -size : size;
}
// Powers of two for products.
inline double small_value(int rank, std::size_t i, ncclDataType_t) {
  return 1.0 + static_cast<double>((static_cast<std::size_t>(rank) + i) % 2);
}
using Values = double (*)(int rank, std::size_t i, ncclDataType_t type);

inline std::vector<std::byte> made(std::size_t count, ncclDataType_t type, int rank, Values values = value) {
  std::vector<std::byte> bytes(count * size_of(type));
  for (std::size_t i = 0; i < count; ++i) encode(&bytes[i * size_of(type)], values(rank, i, type), type);
  return bytes;
}

/// "" or what is wrong first.
inline std::string compare(std::string const& what, std::byte const* got, std::size_t count,
                           ncclDataType_t type, std::function<double(std::size_t)> const& expected,
                           double tolerance = 0) {
  for (std::size_t i = 0; i < count; ++i) {
    double const is = decode(got + i * size_of(type), type), right = expected(i);
    if (std::abs(is - right) <= tolerance * std::abs(right)) continue;
    return what + " of type " + std::to_string(type) + ": element " + std::to_string(i) + " is " +
           std::to_string(is) + ", not " + std::to_string(right) + "; ";
  }
  return "";
}

class NcclStandin : public testing::Test {
 protected:
  Environment machine_{{"MUSTER_STANDIN_GPUS", "8"}, {"MUSTER_STANDIN_CAPABILITY", "9.0"}};
};

inline std::vector<std::string> with_ranks(int ranks, std::function<std::string(NcclRank&)> const& body,
                                           bool blocking = false, std::string const& file = "libnccl.so.2") {
  return run_ranks(
      ranks,
      [&](Group& group) {
        NcclRank rank(group, blocking, file);
        auto text = body(rank);
        return text.empty() ? std::string("ok") : text;
      },
      50);
}

/// Every rank to every rank, itself too, `messages` times `count` elements, in one group.
inline std::string exchange_all(NcclRank& rank, std::size_t count, int messages) {
  auto const n = static_cast<std::size_t>(rank.ranks());
  auto const per_peer = count * static_cast<std::size_t>(messages);
  DeviceBytes in(per_peer * n * 4), out(per_peer * n * 4);
  in.fill(made(per_peer * n, ncclInt32, rank.rank()));
  rank.must(MUSTER_NCCL(rank.library, ncclGroupStart)(), "GroupStart");
  for (int peer = 0; peer < rank.ranks(); ++peer) {
    for (int message = 0; message < messages; ++message) {
      auto const at =
          (static_cast<std::size_t>(peer) * per_peer + static_cast<std::size_t>(message) * count) * 4;
      // Each message of another size would not be told apart if they came in another order: the values do
      // that.
      rank.must(
          MUSTER_NCCL(rank.library, ncclSend)(in.data() + at, count, ncclInt32, peer, rank.comm, rank.stream),
          "Send");
      rank.must(MUSTER_NCCL(rank.library, ncclRecv)(out.data() + at, count, ncclInt32, peer, rank.comm,
                                                    rank.stream),
                "Recv");
    }
  }
  rank.must(MUSTER_NCCL(rank.library, ncclGroupEnd)(), "GroupEnd");
  rank.wait();
  return compare("exchange", out.data(), per_peer * n, ncclInt32, [&](std::size_t i) {
    return value(static_cast<int>(i / per_peer),
                 static_cast<std::size_t>(rank.rank()) * per_peer + i % per_peer, ncclInt32);
  });
}

/// "" when two ranks have the right sum; else what came of it.
inline std::string one_all_reduce(NcclRank& rank) {
  DeviceBytes data(400);
  data.fill(made(100, ncclFloat32, rank.rank()));
  auto const result = MUSTER_NCCL(rank.library, ncclAllReduce)(data.data(), data.data(), 100, ncclFloat32,
                                                               ncclSum, rank.comm, rank.stream);
  if (result != ncclInProgress && result != ncclSuccess)
    return "status " + std::to_string(static_cast<int>(result));
  auto const outcome = rank.outcome(2);
  if (outcome != ncclSuccess) return "outcome " + std::to_string(static_cast<int>(outcome));
  return compare("sum", data.data(), 100, ncclFloat32,
                 [&](std::size_t i) { return value(0, i, ncclFloat32) + value(1, i, ncclFloat32); });
}

}  // namespace muster::standin
