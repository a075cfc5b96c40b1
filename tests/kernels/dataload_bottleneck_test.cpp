// The named bottleneck, the meters and the article's figures, by numbers worked out by hand.
#include "kernels/dataload/bottleneck.hpp"

#include <gmock/gmock.h>

#include "kernels/dataload/article.hpp"
#include "kernels/dataload/pipeline_summary.hpp"
#include "kernels/dataload/thinned_times.hpp"

namespace muster::dataload {
namespace {

using testing::Contains;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

using std::chrono::milliseconds;

StageRate read(double alone, double inside = 0) { return {"read", Resource::storage, alone, inside}; }
StageRate decode(double alone, double inside = 0) { return {"decode", Resource::cpus, alone, inside}; }
StageRate preprocess(double alone, double inside = 0) {
  return {"preprocess", Resource::cpus, alone, inside};
}
StageRate consumer(double alone, double inside = 0) {
  return {"consumer", Resource::consumer, alone, inside};
}

TEST(Bottleneck, StagesThatShareTheCpusAddUpTheirTimes) {
  // 1 ms and 0.25 ms on the CPUs: 800/s together, below the 900/s of reading, though each alone is above.
  std::vector const stages{read(900), decode(1000), preprocess(4000)};
  auto const found = find_bottleneck(stages);
  EXPECT_EQ(found.stage, "decode");
  EXPECT_DOUBLE_EQ(found.limit, 800);
  EXPECT_DOUBLE_EQ(found.busy, 0.8);
  EXPECT_EQ(found.reason, "decode and preprocess share the CPUs, and it takes the most of their time");
  EXPECT_EQ(found.next, "read");
  EXPECT_DOUBLE_EQ(found.next_limit, 900);
}

TEST(Bottleneck, OnAGpuStagesOfDifferentEnginesGoOnSideBySide) {
  std::vector const stages{read(900), StageRate{"copy", Resource::link, 1000},
                           StageRate{"decode", Resource::gpu, 1000}};
  auto const found = find_bottleneck(stages);
  EXPECT_EQ(found.stage, "read");
  EXPECT_DOUBLE_EQ(found.limit, 900);
  EXPECT_EQ(found.reason, "the slowest of the stages that go on side by side");
  EXPECT_DOUBLE_EQ(found.next_limit, 1000);
}

TEST(Bottleneck, PreprocessingMayTakeTheMost) {
  std::vector const stages{read(9000), decode(4000), preprocess(1000)};
  auto const found = find_bottleneck(stages);
  EXPECT_EQ(found.stage, "preprocess");
  EXPECT_DOUBLE_EQ(found.next_limit, 4000);
}

TEST(Bottleneck, TheTrainingStepIsOneWhereTheInputKeepsUp) {
  std::vector const stages{read(9000), decode(2000), preprocess(8000), consumer(920)};
  auto const found = find_bottleneck(stages);
  EXPECT_EQ(found.stage, "consumer");
  EXPECT_EQ(found.reason, "the input keeps up with the step");
  EXPECT_EQ(found.next, "decode");
  EXPECT_DOUBLE_EQ(found.next_limit, 1600);
}

TEST(Bottleneck, RatesInsideDecideAndTheBetterOnesSayWhatIsLeft) {
  // Alone reading is the slower one, but in the pipeline the CPUs were.
  std::vector const stages{read(500, 2000), decode(3000, 1000)};
  auto const found = find_bottleneck(stages);
  EXPECT_EQ(found.stage, "decode");
  EXPECT_DOUBLE_EQ(found.limit, 1000);
  EXPECT_DOUBLE_EQ(found.next_limit, 2000);
}

TEST(Bottleneck, OneStageHasNothingAfterIt) {
  std::vector const stages{read(100)};
  auto const found = find_bottleneck(stages);
  EXPECT_EQ(found.stage, "read");
  EXPECT_EQ(found.reason, "the only stage");
  EXPECT_EQ(found.next, "");
  EXPECT_EQ(found.next_limit, 0);
}

TEST(Bottleneck, WithoutRatesNothingIsNamed) {
  std::vector const stages{read(0), decode(0)};
  EXPECT_EQ(find_bottleneck(stages).stage, "");
  EXPECT_EQ(find_bottleneck({}).stage, "");
}

TEST(QueueMeter, CountsHowLongHowMuchWasInIt) {
  MeterClock::time_point const start{};
  auto const at = [&](int ms) { return start + milliseconds(ms); };
  QueueMeter meter(2, start);
  meter.become(1, at(100));                  // empty for 100 ms
  meter.become(2, at(300));                  // one for 200 ms
  auto const before = meter.times(at(400));  // two for 100 ms
  EXPECT_DOUBLE_EQ(before.seconds, 0.4);
  EXPECT_DOUBLE_EQ(before.item_seconds, 0.4);
  EXPECT_DOUBLE_EQ(before.empty_seconds, 0.1);
  EXPECT_DOUBLE_EQ(before.full_seconds, 0.1);
  meter.become(0, at(500));
  auto const between = meter.times(at(800)) - before;
  EXPECT_NEAR(between.seconds, 0.4, 1e-12);
  EXPECT_NEAR(between.item_seconds, 0.2, 1e-12);
  EXPECT_NEAR(between.empty_seconds, 0.3, 1e-12);
  auto const summary = summary_of("encoded", before, meter.full());
  EXPECT_DOUBLE_EQ(summary.occupancy, 0.5);
  EXPECT_DOUBLE_EQ(summary.empty, 0.25);
  EXPECT_DOUBLE_EQ(summary.full, 0.25);
}

// Seen under sanitizers on a busy machine: a reader was idle for 1.18 times the time that was metered, since
// the pipeline's clock had been read 18 % of that earlier than the reader's.
TEST(PipelineSummary, TheReadersSharesAreOfItsOwnTime) {
  PipelineSummary summary;
  ReadTimes read{{.seconds = 2, .item_seconds = 6, .empty_seconds = 0.25, .full_seconds = 1}, 1.5, 100};
  EXPECT_DOUBLE_EQ(read.busy_seconds(), 0.5);
  add_reading(summary, read, 400, 4);
  ASSERT_EQ(summary.queues.size(), 1u);
  EXPECT_DOUBLE_EQ(summary.queues[0].occupancy, 0.75);
  EXPECT_DOUBLE_EQ(summary.queues[0].empty, 0.125);
  EXPECT_DOUBLE_EQ(summary.queues[0].full, 0.75);
  EXPECT_DOUBLE_EQ(summary.read_bytes_per_second, 50);
  EXPECT_DOUBLE_EQ(summary.read_alone_bytes_per_second, 400);
}

TEST(QueueMeter, ARingTellsItOfEveryChange) {
  MeteredRing<int> ring(4, 3);
  ring.push(1);
  ring.push(2);
  EXPECT_EQ(ring.pop(), 1);
  EXPECT_EQ(ring.size(), 1u);
  EXPECT_EQ(ring.meter().full(), 3u);
  EXPECT_GT(ring.meter().times().item_seconds, 0);
}

PipelineSummary summary() {
  PipelineSummary summary;
  summary.pictures_per_second = 750;
  summary.stages = {read(900, 1500), decode(1000, 1000), preprocess(4000, 4000)};
  summary.queues = {{"encoded", 0.9, 0, 0.8}, {"prepared", 0.1, 0.85, 0}};
  summary.stall_share = 0.25;
  for (int i = 1; i <= 200; ++i) summary.batch_seconds.push_back(i * 1e-3);
  summary.read_bytes_per_second = 75e6;
  summary.mean_record_bytes = 100e3;
  summary.mean_pixels = 200e3;
  summary.cores = {1.9, 1.5, 0.3};
  return summary;
}

double value_of(std::vector<Figure> const& figures, std::string_view name) {
  auto const found = std::ranges::find(figures, name, &Figure::name);
  if (found == figures.end()) throw std::out_of_range(std::string(name));
  return found->value;
}

TEST(ThinnedTimes, KeepsAllUntilThereIsNoRoomThenFewerEvenlyAndAlwaysTheLongest) {
  ThinnedTimes times(8);
  for (int i = 1; i <= 8; ++i) times.add(i);
  EXPECT_THAT(times.values(), testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  times.add(9);
  times.add(100);  // passed over, but the longest
  for (int i = 11; i <= 14; ++i) times.add(i);
  EXPECT_THAT(times.values(), testing::ElementsAre(1, 3, 5, 7, 9, 11, 13, 100));
  for (int i = 15; i <= 10'000; ++i) times.add(1);
  EXPECT_LE(times.values().size(), 9u);
  EXPECT_EQ(std::ranges::max(times.values()), 100);
}

TEST(PipelineSummary, SaysEverythingUnderTheAgreedNames) {
  auto const figures = figures_of(summary());
  EXPECT_EQ(value_of(figures, "decode_alone"), 1000);
  EXPECT_EQ(value_of(figures, "read_inside"), 1500);
  EXPECT_EQ(value_of(figures, "read_busy"), 0.5);
  EXPECT_EQ(value_of(figures, "decode_busy"), 0.75);
  EXPECT_EQ(value_of(figures, "encoded_occupancy"), 0.9);
  EXPECT_EQ(value_of(figures, "prepared_empty"), 0.85);
  EXPECT_EQ(value_of(figures, "stall_share"), 0.25);
  EXPECT_DOUBLE_EQ(value_of(figures, "batch_time_p50"), 0.1);
  EXPECT_DOUBLE_EQ(value_of(figures, "batch_time_p99"), 0.198);
  EXPECT_DOUBLE_EQ(value_of(figures, "batch_time_max"), 0.2);
  EXPECT_EQ(value_of(figures, "cpu_cores_workers"), 1.5);
  EXPECT_DOUBLE_EQ(value_of(figures, "bottleneck_limit"), 800);
  EXPECT_DOUBLE_EQ(value_of(figures, "without_bottleneck"), 1500);
  EXPECT_DOUBLE_EQ(value_of(figures, "without_bottleneck_factor"), 2);
  auto const facts = facts_of(summary());
  EXPECT_THAT(facts, Contains(Pair("bottleneck", "decode")));
  EXPECT_THAT(facts, Contains(Pair("next_bottleneck", "read")));
}

TEST(PipelineSummary, LeavesOutWhatIsNotKnown) {
  PipelineSummary only_reads;
  only_reads.stages = {read(100)};
  for (auto const& figure : figures_of(only_reads)) {
    EXPECT_THAT(figure.name, Not(HasSubstr("decode")));
    EXPECT_THAT(figure.name, Not(HasSubstr("cpu_cores")));
    EXPECT_THAT(figure.name, Not(HasSubstr("batch_time")));
  }
  EXPECT_TRUE(facts_of({}).empty());
}

TEST(Article, IsAskedOfOneGpuInImagesAndFrames) {
  EXPECT_THAT(article_node_demand(), DoubleNear(2.222e9, 0.001e9));
  EXPECT_THAT(article_gpu_demand(), DoubleNear(277.8e6, 0.1e6));
  // 250 kB for a frame of 1280 x 960: 277.8e6 / 250e3 = 1111 frames/s, 288 of which a car makes.
  auto const figures = article_figures({1e9, 138.9e6, 250e3, 1280 * 960});
  EXPECT_THAT(value_of(figures, "article_images"), DoubleNear(1111.1, 0.1));
  EXPECT_THAT(value_of(figures, "article_frames"), DoubleNear(1111.1, 0.1));
  EXPECT_THAT(value_of(figures, "article_cars"), DoubleNear(3.858, 0.001));
  EXPECT_THAT(value_of(figures, "article_frames_raw"), DoubleNear(75.35, 0.01));  // 3,686,400 B each
  EXPECT_THAT(value_of(figures, "article_share_read"), DoubleNear(3.6, 0.001));
  EXPECT_THAT(value_of(figures, "article_share_sustained"), DoubleNear(0.5, 0.001));
}

TEST(Article, OfASetWithoutPicturesKnowsOnlyRawFrames) {
  auto const figures = article_figures({.mean_record_bytes = 146600628});
  EXPECT_THAT(value_of(figures, "article_images"), DoubleNear(1.895, 0.001));
  EXPECT_THROW(value_of(figures, "article_frames"), std::out_of_range);
  EXPECT_THROW(value_of(figures, "article_share_read"), std::out_of_range);
}

}  // namespace
}  // namespace muster::dataload
