#include "kernels/dataload/dataset/profiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/dataload/random.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/dataload/synthetic.hpp"

namespace muster::dataload {
namespace {

constexpr Extent imagenet_median{512, 384}, camera_frame{1280, 960};
constexpr std::uint64_t cameras = 8;
constexpr double unet3d_spread = 68341808.0 / 146600628.0;

/// Mean bytes of a record: for imagenet and camera measured here over 6,000 and 128 records.
struct Profile {
  char const* name;
  std::uint64_t mean_bytes;
};
constexpr std::array profiles{Profile{"imagenet", 111'000}, Profile{"camera", 193'000},
                              Profile{"unet3d", 146'600'628}};

Profile const& profile_named(std::string const& name) {
  auto const found = std::ranges::find(profiles, name, &Profile::name);
  if (found == profiles.end())
    throw BadInput(fmt::format("profile '{}' is not known; use imagenet, camera or unet3d", name));
  return *found;
}

class PictureSource : public RecordSource {
 public:
  PictureSource(std::uint64_t seed, bool camera, std::uint64_t frames)
      : seed_(seed),
        camera_(camera),
        frames_(frames),
        maker_({.seed = seed, .quality = camera ? 90 : 95, .sensor_noise = camera ? 2.4 : 3.1}) {}

  void put(std::uint64_t number, ShardWriter& out) override {
    auto const extent = camera_ ? camera_frame : picture_extent(number, imagenet_median, seed_);
    auto const bytes = maker_.make(number, extent);
    out.begin({name(number), bytes.size(), RecordKind::jpeg, static_cast<std::uint32_t>(extent.width),
               static_cast<std::uint32_t>(extent.height)});
    out.write(bytes);
    out.end();
  }

 private:
  /// WebDataset's readers take what stands before the first dot as the sample's name.
  std::string name(std::uint64_t number) const {
    if (!camera_) return fmt::format("{:09}.jpg", number);
    std::uint64_t const in_sample = number % (cameras * frames_);
    return fmt::format("{:09}.camera{}.frame{:03}.jpg", number / (cameras * frames_), in_sample / frames_,
                       in_sample % frames_);
  }

  std::uint64_t seed_;
  bool camera_;
  std::uint64_t frames_;
  PictureMaker maker_;
};

class BinarySource : public RecordSource {
 public:
  BinarySource(std::uint64_t seed, std::uint64_t mean) : seed_(seed), mean_(mean), piece_(131072) {}

  void put(std::uint64_t number, ShardWriter& out) override {
    std::uint64_t const length = length_of(number);
    out.begin({fmt::format("{:09}.bin", number), length, RecordKind::binary, 0, 0});
    std::uint64_t const key = stream_key(stream_key(seed_, number), 2);
    std::uint64_t word = 0;
    for (std::uint64_t left = length; left > 0;) {
      for (auto& value : piece_) value = random_word(key, word++);
      auto const bytes = std::as_bytes(std::span(piece_));
      out.write(bytes.first(std::min<std::uint64_t>(left, bytes.size())));
      left -= std::min<std::uint64_t>(left, bytes.size());
    }
    out.end();
  }

 private:
  std::uint64_t length_of(std::uint64_t number) const {
    constexpr double widest = 15.0 / 16 / unet3d_spread;  // deviations; beyond, sizes would reach zero
    RowRandom random(stream_key(stream_key(seed_, number), 1));
    double const deviation = std::clamp(random.normal(), -widest, widest);
    double const length = static_cast<double>(mean_) * (1 + unet3d_spread * deviation);
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(length)));
  }

  std::uint64_t seed_, mean_;
  std::vector<std::uint64_t> piece_;
};

class ProfileContent : public Content {
 public:
  explicit ProfileContent(DatasetRequest const& request)
      : profile_(profile_named(request.profile)),
        mean_(request.record_bytes > 0 ? request.record_bytes : profile_.mean_bytes),
        frames_(request.frames),
        per_sample_(is("camera") ? cameras * request.frames : 1),
        records_(whole_samples(request.records > 0 ? request.records : (request.bytes + mean_ - 1) / mean_)),
        per_shard_(std::max(per_sample_, whole_samples(request.shard_bytes / mean_ + 1) - per_sample_)),
        seed_(request.seed),
        format_(request.pack ? ShardFormat::pack : ShardFormat::tar) {
    if (records_ == 0) throw BadInput("a dataset needs records; give --records or --bytes");
    if (request.record_bytes > 0 && !is("unet3d"))
      throw BadInput("--record-bytes is for the profile unet3d; the others' sizes come from their pictures");
    check_shard_count(shards());
  }

  IndexHead head() const override {
    IndexHead head;
    set_profile(head, profile_.name);
    head.seed = seed_;
    head.planned_shards = shards();
    head.per_sample = static_cast<std::uint32_t>(per_sample_);
    head.format = format_;
    std::string const all =
        fmt::format("make 1 {} {} {} {} {} {} {} {}", generator_version, profile_.name, mean_, per_sample_,
                    records_, per_shard_, seed_, static_cast<std::uint32_t>(format_));
    head.identity = hash_of(std::as_bytes(std::span(all)));
    return head;
  }

  RecordRange shard(std::uint64_t number) const override {
    std::uint64_t const first = number * per_shard_;
    return {first, std::min(per_shard_, records_ - first)};
  }

  std::uint64_t disk_bytes(std::uint64_t number) const override {
    std::uint64_t const around = format_ == ShardFormat::tar ? 512 + 256 : pack_alignment / 2;
    return shard(number).count * (mean_ + around + sizeof(IndexRecord)) + 4096;
  }

  std::unique_ptr<RecordSource> source() override {
    std::uint64_t const seed = stream_key(0x6461'7461'7365'7400ull, seed_);
    if (is("unet3d")) return std::make_unique<BinarySource>(seed, mean_);
    return std::make_unique<PictureSource>(seed, is("camera"), frames_);
  }

 private:
  bool is(char const* name) const { return std::strcmp(profile_.name, name) == 0; }
  std::uint64_t shards() const { return (records_ + per_shard_ - 1) / per_shard_; }
  std::uint64_t whole_samples(std::uint64_t records) const {
    return (records + per_sample_ - 1) / per_sample_ * per_sample_;
  }

  Profile profile_;
  std::uint64_t mean_, frames_, per_sample_, records_, per_shard_, seed_;
  ShardFormat format_;
};

}  // namespace

std::unique_ptr<Content> profile_content(DatasetRequest const& request) {
  return std::make_unique<ProfileContent>(request);
}

}  // namespace muster::dataload
