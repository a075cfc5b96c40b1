#include "kernels/dataload/stages_host.hpp"

#include <algorithm>
#include <chrono>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/read_ahead.hpp"

namespace muster::dataload {
namespace {

constexpr std::size_t stage_memory = std::size_t{64} << 20;

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What count() has grown by per second while step() ran again and again; one step before to warm up.
template <class Step, class Count>
double rate_of(double seconds, Step&& step, Count&& count) {
  step();
  auto const before = count();
  auto const start = Clock::now();
  do step();
  while (since(start) < seconds);
  return static_cast<double>(count() - before) / since(start);
}

std::vector<std::vector<std::byte>> read_first(RecordSet const& set, std::size_t memory) {
  std::vector<std::vector<std::byte>> encoded;
  std::size_t bytes = 0;
  for (auto const& record : set.records) {
    bytes += record.length;
    if (bytes > memory && !encoded.empty()) break;
    encoded.push_back(read_plainly(set, record));
  }
  return encoded;
}

}  // namespace

DecodeStage::DecodeStage(RecordSet const& set, Team& team, std::size_t memory, bool scaled)
    : set_(set),
      team_(team),
      scaled_(scaled),
      encoded_(read_first(set, memory)),
      decoders_(static_cast<std::size_t>(team.size())),
      last_(decoders_.size() * kept_per_thread),
      decoded_(decoders_.size(), 0) {}

int DecodeStage::reduction(std::size_t picture) const {
  auto const& record = set_.records[picture];
  Crop const whole{0, 0, static_cast<float>(record.width), static_cast<float>(record.height)};
  return scaled_ ? reduction_for(whole, Options{}.size) : 1;
}

void DecodeStage::run(int count) {
  std::atomic<std::size_t> next{done_};
  std::size_t const end = done_ + static_cast<std::size_t>(count);
  team_.run([&](int thread) {
    for (std::size_t i = next++; i < end; i = next++) decode(static_cast<std::size_t>(thread), i);
  });
  done_ = end;
}

void DecodeStage::decode(std::size_t thread, std::size_t ticket) {
  auto& last = last_[thread * kept_per_thread + decoded_[thread]++ % kept_per_thread];
  last.picture = ticket % encoded_.size();
  last.any = true;
  std::string const why =
      decoders_[thread].decode(encoded_[last.picture], last.image, reduction(last.picture));
  pixels_ += static_cast<std::uint64_t>(last.image.width) * static_cast<std::uint64_t>(last.image.height);
  if (!why.empty() && failures_++ == 0)
    first_failure_ = why + ": " + describe(set_, set_.records[last.picture]);
}

PreprocessStage::PreprocessStage(RecordSet const& set, Options const& options, Team& team, std::uint64_t seed,
                                 std::size_t memory)
    : team_(team),
      options_(options),
      seed_(seed),
      workers_(static_cast<std::size_t>(team.size()), HostPreprocessor(options.output_spec())),
      out_(static_cast<std::size_t>(options.batch) * options.output_spec().bytes()) {
  JpegDecoder decoder;
  std::size_t bytes = 0;
  for (auto const& record : set.records) {
    if (images_.size() == static_cast<std::size_t>(options.batch) || (bytes > memory && !images_.empty()))
      break;
    auto const why = decoder.decode(read_plainly(set, record), images_.emplace_back());
    if (!why.empty())
      throw BadInput("cannot decode " + describe(set, record) + " (" + why + "); remove that file");
    bytes += images_.back().pixels.size();
  }
}

Crop PreprocessStage::crop(std::size_t i) const {
  auto const& image = images_[i % images_.size()];
  return crop_for(options_, image.width, image.height,
                  crop_key(seed_, i / images_.size(), i % images_.size()));
}

void PreprocessStage::run() {
  std::atomic<std::size_t> next{0};
  auto const pictures = static_cast<std::size_t>(options_.batch);
  std::size_t const bytes = options_.output_spec().bytes();
  team_.run([&](int thread) {
    for (std::size_t i = next++; i < pictures; i = next++) {
      workers_[static_cast<std::size_t>(thread)].run(image(i), crop(i), out_.data() + i * bytes);
    }
  });
}

PictureStage::PictureStage(RecordSet const& set, Options const& options, Team& team, std::size_t memory)
    : team_(team), encoded_(read_first(set, memory)) {
  for (int i = 0; i < team.size(); ++i) {
    threads_.push_back({PictureWorker(options), std::vector<std::byte>(options.output_spec().bytes())});
  }
}

void PictureStage::run(int count) {
  std::atomic<std::uint64_t> next{done_};
  done_ += static_cast<std::uint64_t>(count);
  team_.run([&](int number) {
    auto& thread = threads_[static_cast<std::size_t>(number)];
    for (std::uint64_t i = next++; i < done_; i = next++) {
      auto const record = i % encoded_.size();
      if (!thread.worker.run(encoded_[record], crop_key(0, i / encoded_.size(), record), thread.out.data())
               .empty()) {
        continue;  // the pipeline counts it and names it
      }
      Region const& region = thread.worker.region();
      thread.pixels += static_cast<std::uint64_t>(region.width) * static_cast<std::uint64_t>(region.height);
    }
  });
}

std::uint64_t PictureStage::pixels() const {
  std::uint64_t sum = 0;
  for (auto const& thread : threads_) sum += thread.pixels;
  return sum;
}

PictureSeconds PictureStage::seconds() const {
  PictureSeconds sum;
  for (auto const& thread : threads_) {
    sum.decode += thread.worker.seconds().decode;
    sum.preprocess += thread.worker.seconds().preprocess;
  }
  return sum;
}

namespace {

void measure_reading(RecordSet const& set, Options const& options, double seconds, StageRates& rates) {
  ReadAhead reader(set, options, 0);
  auto const step = [&] { reader.give_back(reader.next()); };
  for (int i = 0; i < options.prefetch; ++i) step();  // read before the clock starts
  rates.read_bytes = rate_of(seconds, step, [&] { return reader.bytes_read(); });
  rates.read = rates.read_bytes * static_cast<double>(set.records.size()) / static_cast<double>(set.bytes());
}

/// A part's rate if the other took no time.
double part_of(double rate, double part, double other) {
  return part > 0 ? rate * (part + other) / part : rate;
}

void measure_pictures(RecordSet const& set, Options const& options, Team& team, double seconds,
                      StageRates& rates) {
  PictureStage stage(set, options, team, stage_memory);
  // So many at a time that the threads' wait for the last one does not count; the pipeline has no such wait.
  int const at_a_time = 64 * team.size();
  rates.picture = rate_of(
      seconds, [&] { stage.run(at_a_time); }, [&] { return stage.pictures(); });
  auto const spent = stage.seconds();
  rates.decode = part_of(rates.picture, spent.decode, spent.preprocess);
  rates.preprocess = part_of(rates.picture, spent.preprocess, spent.decode);
  rates.pixels = rates.picture * static_cast<double>(stage.pixels()) / static_cast<double>(stage.pictures());
}

}  // namespace

StageRates measure_stages(RecordSet const& set, Options const& options, Team& team, double seconds) {
  StageRates rates;
  measure_reading(set, options, seconds, rates);
  measure_pictures(set, options, team, seconds, rates);
  return rates;
}

}  // namespace muster::dataload
