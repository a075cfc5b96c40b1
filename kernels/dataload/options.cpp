#include "kernels/dataload/options.hpp"

#include <fmt/format.h>

#include <exception>
#include <string>

#include "kernels/dataload/dataset/open.hpp"
#include "kernels/dataload/folder.hpp"
#include "kernels/dataload/random.hpp"
#include "kernels/dataload/synthetic_set.hpp"

namespace muster::dataload {
namespace {

int small(Params const& params, char const* name, int fallback) {
  return params.has(name) ? static_cast<int>(params.integer(name)) : fallback;
}

bool is(Params const& params, char const* name, char const* value) {
  return params.has(name) && params.text(name) == value;
}

Decoder decoder_from(Params const& params) {
  if (is(params, "decoder", "hybrid")) return Decoder::hybrid;
  if (is(params, "decoder", "batched")) return Decoder::batched;
  if (is(params, "decoder", "hardware")) return Decoder::hardware;
  if (is(params, "decoder", "split")) return Decoder::split;
  return Decoder::automatic;
}

/// The first rank of each node makes the set while the others wait; a failure reaches all, so that none waits
/// forever.
RecordSet open_synthetic(Options const& options, Context& context) {
  SyntheticSpec const spec{options.images > 0 ? options.images : Options{}.images,
                           {options.width, options.height}};
  auto const cache =
      context.cache.empty() ? std::filesystem::temp_directory_path() / "muster" : context.cache;
  auto const folder = synthetic_folder(cache, spec);
  std::exception_ptr failure;
  if (context.group.node_rank() == 0 && !load_synthetic(folder)) {
    try {
      make_synthetic(folder, spec, context.device.team(), context.progress);
    } catch (...) {
      failure = std::current_exception();
    }
  }
  bool const failed_somewhere = context.group.max(failure ? 1.0 : 0.0) > 0;
  if (failure) std::rethrow_exception(failure);
  if (failed_somewhere) throw BadInput("another rank could not make the synthetic pictures; see its message");
  auto set = load_synthetic(folder);
  if (!set) {
    throw BadInput(
        fmt::format("the synthetic pictures at '{}' cannot be read back (removed or damaged meanwhile?); run "
                    "again",
                    folder.string()));
  }
  return *std::move(set);
}

}  // namespace

Crop crop_for(Options const& options, int width, int height, std::uint64_t key) {
  return options.crop == CropKind::random ? random_resized_crop(width, height, key)
                                          : centre_crop(width, height);
}

namespace {

void take_preprocessing(Params const& params, Options& options) {
  if (is(params, "crop", "centre")) options.crop = CropKind::centre;
  if (is(params, "filter", "linear")) options.filter = Filter::linear;
  if (is(params, "output", "float16")) options.output = Output::float16;
  if (is(params, "output", "bfloat16")) options.output = Output::bfloat16;
  options.scaled = is(params, "scaled", "on");
}

}  // namespace

Options options_from(Params const& params) {
  Options options;
  take_preprocessing(params, options);
  options.batch = small(params, "batch", options.batch);
  options.size = small(params, "size", options.size);
  options.width = small(params, "width", options.width);
  options.height = small(params, "height", options.height);
  options.depth = small(params, "depth", options.depth);
  options.prefetch = small(params, "prefetch", options.prefetch);
  if (params.has("images")) options.images = params.integer("images");
  if (params.has("block")) options.block = static_cast<std::size_t>(params.integer("block"));
  if (is(params, "engine", "pread")) options.engine = Engine::pread;
  if (is(params, "engine", "io_uring")) options.engine = Engine::io_uring;
  if (is(params, "io", "buffered")) options.io = Io::buffered;
  if (is(params, "access", "sequential")) options.access = Access::sequential;
  options.pictures_only = !params.has("access");
  options.decoder = decoder_from(params);
  return options;
}

void require_host_decoder(Options const& options) {
  if (options.decoder == Decoder::automatic) return;
  throw Unsupported(
      "this decoder is nvJPEG's (this is the host backend, which has libjpeg-turbo) use decoder=auto");
}

std::uint64_t order_seed(Context const& context) {
  return stream_key(context.seed, static_cast<std::uint64_t>(context.group.rank()));
}

namespace {

RecordSet open_given(Options const& options, Context& context) {
  if (has_index(context.data)) {
    return records_from_dataset(context.data, options.images,
                                options.pictures_only ? Wanted::pictures : Wanted::any);
  }
  return records_from_folder(context.data, options.images, context.device.team(), context.progress);
}

}  // namespace

RecordSet open_records(Options const& options, Context& context) {
  RecordSet set = context.data.empty() ? open_synthetic(options, context) : open_given(options, context);
  if (auto const skipped = describe_skipped(set); !skipped.empty()) context.note(skipped);
  return set;
}

}  // namespace muster::dataload
