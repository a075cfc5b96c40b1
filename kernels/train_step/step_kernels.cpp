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

Gather gather_of(Terms const& terms, double scale, bool with_signs, int pack) {
  bool const wide = in_whole_packs(terms, pack);
  return {.terms = in_packs(terms, wide ? pack : 1),
          .scale = static_cast<float>(scale),
          .signs = with_signs ? 1.0F : 0.0F,
          .wide = wide};
}

Adjoint adjoint_of(LayerTerms const& terms, double operand_scale, int pack) {
  bool const wide =
      in_whole_packs(terms.input_gradient, pack) && in_whole_packs(terms.operand_gradient, pack);
  int const each = wide ? pack : 1;
  return {.inputs = in_packs(terms.input_gradient, each),
          .operand = in_packs(terms.operand_gradient, each),
          .input_scale = static_cast<float>(terms.input_scale),
          .operand_scale = static_cast<float>(operand_scale),
          .wide = wide};
}

Round round_of(std::uint64_t count, std::uint64_t size, int pack) {
  auto const each = static_cast<std::uint64_t>(pack);
  bool const wide = whole(count, pack) && whole(size, pack);
  return {.by_element = wrap_of(size, count),
          .by_pack = wide ? wrap_of(size / each, count / each) : Wrap{},
          .wide = wide};
}

Embed embed_of(std::uint64_t count, BatchView const& batch, std::uint64_t table, int pack) {
  if (batch.count == 0)
    throw BadInput("a batch has no elements (its records are empty) use another data set");
  Embed embed{.count = count,
              .batch = round_of(count, batch.count, pack),
              .table = round_of(count, std::max<std::uint64_t>(table, 1), table > 0 ? pack : 1),
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
