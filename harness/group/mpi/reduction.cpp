#include "harness/group/mpi/reduction.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <type_traits>

#include "harness/group/mpi/error.hpp"
#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"

namespace muster {

namespace {

// How each type is stored, and what its arithmetic is done in.
template <class T>
struct Plain {
  using Stored = T;
  static T load(T value) { return value; }
  static T store(T value) { return value; }
};
struct Half {
  using Stored = std::uint16_t;
  static float load(Stored bits) { return from_fp16(bits); }
  static Stored store(float value) { return to_fp16(value); }
};
struct BrainHalf {
  using Stored = std::uint16_t;
  static float load(Stored bits) { return from_bf16(bits); }
  static Stored store(float value) { return to_bf16(value); }
};
template <class Format>
struct Quarter {
  using Stored = std::uint8_t;
  static float load(Stored bits) { return Format::decode_finite(bits); }
  static Stored store(float value) { return Format::encode(value); }
};

template <class Action>
auto with_codec(ElementType type, Action const& action) {
  switch (type) {
    case ElementType::int8:
      return action(Plain<std::int8_t>{});
    case ElementType::uint8:
      return action(Plain<std::uint8_t>{});
    case ElementType::int32:
      return action(Plain<std::int32_t>{});
    case ElementType::uint32:
      return action(Plain<std::uint32_t>{});
    case ElementType::int64:
      return action(Plain<std::int64_t>{});
    case ElementType::uint64:
      return action(Plain<std::uint64_t>{});
    case ElementType::float16:
      return action(Half{});
    case ElementType::bfloat16:
      return action(BrainHalf{});
    case ElementType::float8_e4m3:
      return action(Quarter<E4m3>{});
    case ElementType::float8_e5m2:
      return action(Quarter<E5m2>{});
    case ElementType::float64:
      return action(Plain<double>{});
    default:
      return action(Plain<float>{});
  }
}

bool mpi_knows(ElementType type) {
  return type != ElementType::float16 && type != ElementType::bfloat16 && type != ElementType::float8_e4m3 &&
         type != ElementType::float8_e5m2;
}

struct Sum {
  static float of(float a, float b) { return a + b; }
};
struct Product {
  static float of(float a, float b) { return a * b; }
};
struct Minimum {
  static float of(float a, float b) { return std::min(a, b); }
};
struct Maximum {
  static float of(float a, float b) { return std::max(a, b); }
};

template <class Codec, class Step>
void combine(void* in, void* in_and_out, int* length, MPI_Datatype*) {
  auto const* const theirs = static_cast<typename Codec::Stored const*>(in);
  auto* const values = static_cast<typename Codec::Stored*>(in_and_out);
  for (int i = 0; i < *length; ++i)
    values[i] = Codec::store(Step::of(Codec::load(theirs[i]), Codec::load(values[i])));
}

template <class Codec>
MPI_User_function* combiner(Reduction reduction) {
  switch (reduction) {
    case Reduction::prod:
      return &combine<Codec, Product>;
    case Reduction::min:
      return &combine<Codec, Minimum>;
    case Reduction::max:
      return &combine<Codec, Maximum>;
    default:
      return &combine<Codec, Sum>;
  }
}

MPI_User_function* combiner(ElementType type, Reduction reduction) {
  switch (type) {
    case ElementType::float16:
      return combiner<Half>(reduction);
    case ElementType::bfloat16:
      return combiner<BrainHalf>(reduction);
    case ElementType::float8_e4m3:
      return combiner<Quarter<E4m3>>(reduction);
    default:
      return combiner<Quarter<E5m2>>(reduction);
  }
}

MPI_Op built_in(Reduction reduction) {
  switch (reduction) {
    case Reduction::prod:
      return MPI_PROD;
    case Reduction::min:
      return MPI_MIN;
    case Reduction::max:
      return MPI_MAX;
    default:
      return MPI_SUM;
  }
}

}  // namespace

MPI_Datatype mpi_type(ElementType type) {
  switch (type) {
    case ElementType::int8:
      return MPI_INT8_T;
    case ElementType::int32:
      return MPI_INT32_T;
    case ElementType::uint32:
      return MPI_UINT32_T;
    case ElementType::int64:
      return MPI_INT64_T;
    case ElementType::uint64:
      return MPI_UINT64_T;
    case ElementType::float16:
    case ElementType::bfloat16:
      return MPI_UINT16_T;
    case ElementType::float32:
      return MPI_FLOAT;
    case ElementType::float64:
      return MPI_DOUBLE;
    default:
      return MPI_UINT8_T;
  }
}

MPI_Op mpi_reduction(ElementType type, Reduction reduction) {
  if (mpi_knows(type)) return built_in(reduction);
  static std::map<MPI_User_function*, MPI_Op> made;
  auto* const function = combiner(type, reduction);
  auto const [found, fresh] = made.try_emplace(function, MPI_OP_NULL);
  if (fresh) check_mpi(MPI_Op_create(function, 1, &found->second), "MPI_Op_create");
  return found->second;
}

void divide_elements(ElementType type, void* values, std::size_t count, int divisor) {
  with_codec(type, [&]<class Codec>(Codec) {
    auto* const all = static_cast<typename Codec::Stored*>(values);
    using Arithmetic = decltype(Codec::load({}));
    auto const by = static_cast<Arithmetic>(divisor);
    for (std::size_t i = 0; i < count; ++i)
      all[i] = Codec::store(static_cast<Arithmetic>(Codec::load(all[i]) / by));
  });
}

void scale_elements(ElementType type, void const* from, void* to, std::size_t count, int factor) {
  with_codec(type, [&]<class Codec>(Codec) {
    auto const* const source = static_cast<typename Codec::Stored const*>(from);
    auto* const target = static_cast<typename Codec::Stored*>(to);
    using Arithmetic = decltype(Codec::load({}));
    for (std::size_t i = 0; i < count; ++i) {
      if constexpr (std::is_integral_v<Arithmetic>) {  // wraps round, which signed arithmetic may not
        using Word = std::make_unsigned_t<Arithmetic>;
        target[i] = static_cast<Arithmetic>(
            static_cast<Word>(static_cast<Word>(source[i]) * static_cast<Word>(factor)));
      } else {
        target[i] = Codec::store(Codec::load(source[i]) * static_cast<Arithmetic>(factor));
      }
    }
  });
}

}  // namespace muster
