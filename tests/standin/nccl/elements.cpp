#include "tests/standin/nccl/elements.hpp"

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"

namespace muster::standin {
namespace {

struct TypeRow {
  char const* name;
  std::size_t bytes;
};

// By ncclDataType_t.
constexpr TypeRow rows[] = {{"int8", 1},    {"uint8", 1},    {"int32", 4},       {"uint32", 4},
                            {"int64", 8},   {"uint64", 8},   {"float16", 2},     {"float32", 4},
                            {"float64", 8}, {"bfloat16", 2}, {"float8_e4m3", 1}, {"float8_e5m2", 1}};
static_assert(sizeof rows / sizeof rows[0] == ncclNumTypes);

// Integers wrap around, signed ones too.
template <class T>
struct Integer {
  using Stored = T;
  using Unsigned = std::make_unsigned_t<T>;
  static T sum(T a, T b) { return wrapped(static_cast<Unsigned>(a) + static_cast<Unsigned>(b)); }
  static T product(T a, T b) { return wrapped(static_cast<Unsigned>(a) * static_cast<Unsigned>(b)); }
  static bool less(T a, T b) { return a < b; }

 private:
  template <class Wide>
  static T wrapped(Wide value) {
    return static_cast<T>(static_cast<Unsigned>(value));
  }
};

template <class F>
F same(F value) {
  return value;
}

// What is computed in F and rounded to S after each step, as kernels that keep no wider sum do.
template <class S, class F, F (*from)(S), S (*to)(F)>
struct Floating {
  using Stored = S;
  static S sum(S a, S b) { return to(from(a) + from(b)); }
  static S product(S a, S b) { return to(from(a) * from(b)); }
  static bool less(S a, S b) { return from(a) < from(b); }
  static S encode(double value) { return to(static_cast<F>(value)); }
};

template <class Action>
void with_integer(ncclDataType_t type, Action action) {
  switch (type) {
    case ncclInt8:
      return action(Integer<std::int8_t>{});
    case ncclUint8:
      return action(Integer<std::uint8_t>{});
    case ncclInt32:
      return action(Integer<std::int32_t>{});
    case ncclUint32:
      return action(Integer<std::uint32_t>{});
    case ncclInt64:
      return action(Integer<std::int64_t>{});
    case ncclUint64:
      return action(Integer<std::uint64_t>{});
    default:
      return;
  }
}

template <class Action>
void with_floating(ncclDataType_t type, Action action) {
  switch (type) {
    case ncclFloat16:
      return action(Floating<std::uint16_t, float, from_fp16, to_fp16>{});
    case ncclBfloat16:
      return action(Floating<std::uint16_t, float, from_bf16, to_bf16>{});
    case ncclFloat8e4m3:
      return action(Floating<std::uint8_t, float, from_e4m3, to_e4m3>{});
    case ncclFloat8e5m2:
      return action(Floating<std::uint8_t, float, from_e5m2, to_e5m2>{});
    case ncclFloat32:
      return action(Floating<float, float, same<float>, same<float>>{});
    case ncclFloat64:
      return action(Floating<double, double, same<double>, same<double>>{});
    default:
      return;
  }
}

template <class Action>
void with_type(ncclDataType_t type, Action action) {
  is_integer(type) ? with_integer(type, action) : with_floating(type, action);
}

// Buffers of a type's size need not lie on its alignment.
template <class T>
T load(std::byte const* values, std::size_t index) {
  T value;
  std::memcpy(&value, values + index * sizeof value, sizeof value);
  return value;
}
template <class T>
void store(std::byte* values, std::size_t index, T value) {
  std::memcpy(values + index * sizeof value, &value, sizeof value);
}

template <class T, class Join>
void join(std::byte* into, std::byte const* from, std::size_t count, Join const& with) {
  for (std::size_t i = 0; i < count; ++i) store(into, i, with(load<T>(into, i), load<T>(from, i)));
}

}  // namespace

std::size_t element_bytes(ncclDataType_t type) {
  return type >= 0 && type < ncclNumTypes ? rows[type].bytes : 0;
}
char const* type_name(ncclDataType_t type) {
  return type >= 0 && type < ncclNumTypes ? rows[type].name : "no type";
}
bool is_fp8(ncclDataType_t type) { return type == ncclFloat8e4m3 || type == ncclFloat8e5m2; }
bool is_integer(ncclDataType_t type) { return type <= ncclUint64; }

void multiply(std::byte* to, std::byte const* from, std::size_t count, ncclDataType_t type,
              std::byte const* scalar) {
  with_type(type, [&]<class Type>(Type) {
    using T = typename Type::Stored;
    auto const factor = load<T>(scalar, 0);
    for (std::size_t i = 0; i < count; ++i) store(to, i, Type::product(load<T>(from, i), factor));
  });
}

void combine(std::byte* into, std::byte const* from, std::size_t count, ncclDataType_t type,
             Reduction::Kind kind) {
  with_type(type, [&]<class Type>(Type) {
    using T = typename Type::Stored;
    switch (kind) {
      case Reduction::Kind::prod:
        return join<T>(into, from, count, Type::product);
      case Reduction::Kind::max:
        return join<T>(into, from, count, [](T a, T b) { return Type::less(a, b) ? b : a; });
      case Reduction::Kind::min:
        return join<T>(into, from, count, [](T a, T b) { return Type::less(b, a) ? b : a; });
      case Reduction::Kind::sum:
      case Reduction::Kind::average:
      case Reduction::Kind::premultiplied:
        return join<T>(into, from, count, Type::sum);
    }
  });
}

void divide(std::byte* values, std::size_t count, ncclDataType_t type, int divisor) {
  with_integer(type, [&]<class Type>(Type) {
    using T = typename Type::Stored;
    for (std::size_t i = 0; i < count; ++i)
      store(values, i, static_cast<T>(load<T>(values, i) / static_cast<T>(divisor)));
  });
}

std::array<std::byte, 8> one_over(int ranks, ncclDataType_t type) {
  std::array<std::byte, 8> scalar{};
  with_floating(type, [&]<class Type>(Type) { store(scalar.data(), 0, Type::encode(1.0 / ranks)); });
  return scalar;
}

}  // namespace muster::standin
