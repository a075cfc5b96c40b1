#include "kernels/train_step/step_kernels.hpp"

#include <algorithm>
#include <cstddef>

#include "kernels/contract/error.hpp"

namespace muster::train::cuda {
namespace {

bool whole(std::uint64_t count, int pack) { return count % static_cast<std::uint64_t>(pack) == 0; }

/// Can `pack` neighbours be read in one access, or in two of 16 bytes?
bool aligned(BatchView const& batch, int pack) {
  auto const bytes = std::min<std::size_t>(16, bytes_of(batch.kind) * static_cast<std::size_t>(pack));
  return reinterpret_cast<std::uintptr_t>(batch.data) % bytes == 0;
}

}  // namespace

Wrap wrap_of(std::uint64_t size, std::uint64_t below) {
  constexpr std::uint64_t narrow = std::uint64_t{1} << 32;
  bool const multiplied = size > 1 && size < narrow && below <= narrow;
  return {size, multiplied ? ~std::uint64_t{0} / size + 1 : 0};
}

Round round_of(std::uint64_t count, std::uint64_t size, std::uint64_t offset, int pack) {
  auto const each = static_cast<std::uint64_t>(pack), end = count + offset;
  bool const wide = whole(count, pack) && whole(size, pack) && whole(offset, pack);
  return {.by_element = wrap_of(size, end),
          .by_pack = wide ? wrap_of(size / each, end / each) : Wrap{},
          .offset = offset,
          .wraps = end > size,
          .wide = wide};
}

Adjoint adjoint_of(std::uint64_t count, std::uint64_t inputs, std::uint64_t operands, float scale, int pack) {
  return {.count = count,
          .inputs = inputs,
          .operands = operands,
          .offset = inputs % count,
          .scale = scale,
          .wide = whole(count, pack) && whole(inputs, pack) && whole(operands, pack)};
}

Embed embed_of(std::uint64_t count, BatchView const& batch, std::uint64_t table, int pack) {
  if (batch.count == 0)
    throw BadInput("a batch has no elements (its records are empty) use another data set");
  Embed embed{.count = count,
              .batch = round_of(count, batch.count, 0, pack),
              .table = round_of(count, std::max<std::uint64_t>(table, 1), 0, table > 0 ? pack : 1),
              .kind = batch.kind};
  embed.wide = embed.batch.wide && aligned(batch, pack) && (table == 0 || embed.table.wide);
  return embed;
}

Slices slices_of(std::uint64_t count, std::uint64_t size, int pack, int units) {
  constexpr std::uint64_t threads_a_unit = 2048, most = 256;
  Slices shape{.count = count, .size = size, .wide = whole(count, pack) && whole(size, pack)};
  std::uint64_t const threads =
      std::max<std::uint64_t>(1, size / (shape.wide ? static_cast<unsigned>(pack) : 1));
  std::uint64_t const places = std::max<std::uint64_t>(1, (count + size - 1) / size);
  std::uint64_t const wanted =
      (threads_a_unit * static_cast<std::uint64_t>(std::max(units, 1)) + threads - 1) / threads;
  std::uint64_t const slices = std::clamp<std::uint64_t>(wanted, 1, std::min(places, most));
  shape.places_each = (places + slices - 1) / slices;
  shape.slices = static_cast<unsigned>((places + shape.places_each - 1) / shape.places_each);
  return shape;
}

AdamwClock adamw_clock(training::AdamwSettings const& settings) {
  return {.step = training::adamw_step_of(settings, 1)};
}

}  // namespace muster::train::cuda
