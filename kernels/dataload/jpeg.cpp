#include "kernels/dataload/jpeg.hpp"

#include <csetjmp>
#include <cstdio>  // before jpeglib.h, which needs it

#include <jpeglib.h>

#if __has_include(<jpegint.h>)  // not every distribution installs it
#include <jpegint.h>            // after jpeglib.h: the entropy decoder's place
#define MUSTER_ENTROPY_HAS_A_PLACE 1
#endif

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/huffman.hpp"

namespace muster::dataload {
namespace {

/// A file of many scans is decoded many times over; real ones have about ten.
constexpr int most_scans = 100;

std::uint64_t pixels_of(int width, int height) {
  return static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
}

/// Columns decoded beyond the region on both sides: interpolating colours looks at them.
constexpr int margin = 2;

}  // namespace

void ImageBuffer::resize(int new_width, int new_height) {
  width = new_width;
  height = new_height;
  std::size_t const bytes = pixels_of(width, height) * 3;
  if (pixels.size() < bytes) pixels.resize(bytes);
}

/// libjpeg-turbo reports by jumping out of its call: what it says is kept here.
struct JpegDecoder::State {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf back{};
  std::array<char, JMSG_LENGTH_MAX> message{};
  std::vector<std::uint8_t> scratch{};
  HuffmanDecoder huffman{};

  State();
  State(State const&) = delete;
  State& operator=(State const&) = delete;
  ~State() { jpeg_destroy_decompress(&info); }

  static State& of(j_common_ptr info) { return *static_cast<State*>(info->client_data); }

  /// Runs `step`, which calls libjpeg-turbo. No object with a destructor may live in it across a call.
  template <class Step>
  bool guarded(Step&& step) {
    if (setjmp(back) != 0) {
      jpeg_abort_decompress(&info);
      return false;
    }
    step();
    return true;
  }

  std::string fault() const { return message.data(); }
  bool warned() const { return errors.num_warnings > 0; }
  bool read_header(std::span<std::byte const> bytes);
  void start(int reduction);
  bool may_skip() const;
  void take_over_entropy();
  void skip_rows(JDIMENSION count);
  void read_all(ImageBuffer& image);
};

JpegDecoder::State::State() {
  info.err = jpeg_std_error(&errors);
  info.client_data = this;
  errors.error_exit = [](j_common_ptr from) {
    State& state = of(from);
    from->err->format_message(from, state.message.data());
    std::longjmp(state.back, 1);
  };
  errors.emit_message = [](j_common_ptr from, int level) {
    if (level >= 0 || from->err->num_warnings++ > 0) return;
    from->err->format_message(from, of(from).message.data());
  };
  progress.progress_monitor = [](j_common_ptr from) {
    State& state = of(from);
    if (state.info.input_scan_number <= most_scans) return;
    std::snprintf(state.message.data(), state.message.size(), "more than %d scans", most_scans);
    std::longjmp(state.back, 1);
  };
  bool const made = guarded([&] { jpeg_create_decompress(&info); });
  if (!made) throw DeviceError("libjpeg-turbo gives no decompressor (" + fault() + ")");
  info.progress = &progress;
}

/// An earlier picture may have been left half read.
bool JpegDecoder::State::read_header(std::span<std::byte const> bytes) {
  message.front() = '\0';
  return guarded([&] {
    jpeg_abort_decompress(&info);
    errors.num_warnings = 0;
    jpeg_mem_src(&info, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size());
    jpeg_read_header(&info, TRUE);
  });
}

/// Within guarded().
void JpegDecoder::State::start(int reduction) {
  info.scale_num = static_cast<unsigned>(8 / reduction);
  info.scale_denom = 8;
  info.out_color_space = JCS_EXT_RGB;
  jpeg_start_decompress(&info);
}

/// libjpeg-turbo jumps over rows and columns rightly in pictures of one scan with Huffman codes and the usual
/// samplings; of the others all rows are decoded.
bool JpegDecoder::State::may_skip() const {
  return info.progressive_mode == FALSE && info.arith_code == FALSE &&
         info.comps_in_scan == info.num_components && info.max_h_samp_factor <= 2 &&
         info.max_v_samp_factor <= 2;
}

/// Within guarded(), after start(). What our decoder finds wrong is an error: the library's goes on with
/// zeros and a warning, which is a fault here just the same.
void JpegDecoder::State::take_over_entropy() {
#ifdef MUSTER_ENTROPY_HAS_A_PLACE
  huffman.begin(info);
  info.entropy->decode_mcu = [](j_decompress_ptr from, JBLOCKROW* blocks) -> boolean {
    State& state = of(reinterpret_cast<j_common_ptr>(from));
    char const* const why = state.huffman.decode(state.info, blocks);
    if (why == nullptr) return TRUE;
    std::snprintf(state.message.data(), state.message.size(), "%s", why);
    std::longjmp(state.back, 1);
  };
#endif
}

/// Within guarded().
void JpegDecoder::State::skip_rows(JDIMENSION count) {
  if (may_skip()) {
    if (count > 0) jpeg_skip_scanlines(&info, count);
    return;
  }
  for (std::uint8_t* row = scratch.data(); info.output_scanline < count;) {
    jpeg_read_scanlines(&info, &row, 1);
  }
}

/// Within guarded().
void JpegDecoder::State::read_all(ImageBuffer& image) {
  std::size_t const pitch = image.view().pitch;
  while (info.output_scanline < info.output_height) {
    std::array<JSAMPROW, 4> rows{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] = image.pixels.data() +
                std::min<std::size_t>(info.output_scanline + i, info.output_height - 1) * pitch;
    }
    jpeg_read_scanlines(&info, rows.data(), static_cast<JDIMENSION>(rows.size()));
  }
  jpeg_finish_decompress(&info);
}

JpegDecoder::JpegDecoder() : state_(std::make_unique<State>()) {}
JpegDecoder::JpegDecoder(JpegDecoder&&) noexcept = default;
JpegDecoder& JpegDecoder::operator=(JpegDecoder&&) noexcept = default;
JpegDecoder::~JpegDecoder() = default;

std::optional<JpegHeader> JpegDecoder::header(std::span<std::byte const> bytes, std::string& why) {
  if (!state_->read_header(bytes)) {
    why = state_->fault();
    return std::nullopt;
  }
  auto const& info = state_->info;
  return JpegHeader{static_cast<int>(info.image_width), static_cast<int>(info.image_height),
                    info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK};
}

std::string JpegDecoder::open(std::span<std::byte const> bytes, JpegHeader& header) {
  if (bytes.empty()) return "empty";
  if (bytes.size() < 2 || bytes[0] != std::byte{0xFF} || bytes[1] != std::byte{0xD8}) return "not a JPEG";
  std::string why;
  auto const found = this->header(bytes, why);
  if (!found) return "unreadable header: " + why;
  header = *found;
  if (header.cmyk) return "CMYK";
  if (pixels_of(header.width, header.height) > largest_picture) return "larger than 100 Mpixel";
  return {};
}

std::string JpegDecoder::decode(std::span<std::byte const> bytes, ImageBuffer& image, int reduction) {
  JpegHeader header;
  if (auto why = open(bytes, header); !why.empty()) {
    std::ranges::fill(image.pixels, std::uint8_t{0});
    return why;
  }
  image.resize(reduced_side(header.width, reduction), reduced_side(header.height, reduction));
  State& state = *state_;
  bool started = false;
  bool const done = state.guarded([&] {
    state.start(reduction);
    started = true;
  }) && state.guarded([&] { state.read_all(image); });
  if (done) return state.warned() ? state.fault() : "";
  std::size_t const good = started ? state.info.output_scanline * image.view().pitch : 0;
  std::fill(image.pixels.begin() + static_cast<std::ptrdiff_t>(good), image.pixels.end(), std::uint8_t{0});
  return state.fault();
}

std::string JpegDecoder::begin(Region const& region, int reduction, Columns& columns) {
  State& state = *state_;
  auto& info = state.info;
  if (!state.guarded([&] { state.start(reduction); })) return state.fault();
  auto const all = static_cast<int>(info.output_width);
  columns = {0, all};
  if (state.may_skip()) {
    columns.left = std::max(0, region.left - margin);
    columns.width = std::min(all, region.left + region.width + margin) - columns.left;
  } else {
    state.scratch.resize(static_cast<std::size_t>(all) * 3);
  }
  bool const there = state.guarded([&] {
    if (state.may_skip()) state.take_over_entropy();
    if (columns.width < all) {
      auto left = static_cast<JDIMENSION>(columns.left), width = static_cast<JDIMENSION>(columns.width);
      jpeg_crop_scanline(&info, &left, &width);
      columns = {static_cast<int>(left), static_cast<int>(width)};
    }
    state.skip_rows(static_cast<JDIMENSION>(region.top));
  });
  return there && !state.warned() ? "" : state.fault();
}

std::string JpegDecoder::read(std::span<std::uint8_t* const> rows) {
  State& state = *state_;
  std::size_t have = 0;
  bool const done = state.guarded([&] {
    for (std::size_t more = 1; more > 0 && have < rows.size(); have += more) {
      more = jpeg_read_scanlines(&state.info, const_cast<JSAMPARRAY>(rows.data()) + have,
                                 static_cast<JDIMENSION>(rows.size() - have));
    }
  });
  if (!done || state.warned()) return state.fault();
  return have == rows.size() ? "" : "fewer rows than its header says";
}

std::string fault_of(std::span<std::byte const> bytes, JpegDecoder& decoder, ImageBuffer& scratch,
                     JpegHeader& header) {
  if (auto why = decoder.open(bytes, header); !why.empty()) return why;
  std::string why = decoder.decode(bytes, scratch);
  bool const early = why.find("remature end") != std::string::npos;
  return early ? "truncated" : why;
}

}  // namespace muster::dataload
