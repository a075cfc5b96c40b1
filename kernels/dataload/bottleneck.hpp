// Which stage of an input pipeline holds it up, and what the pipeline could do without it.
#pragma once
#include <span>
#include <string>

namespace muster::dataload {

/// What a stage is done by. Stages of one resource take turns: their times add up. Resources work side by
/// side.
enum class Resource { storage, cpus, link, gpu, consumer };

/// "the CPUs"
std::string words(Resource resource);

/// One stage. Rates are in pictures (or records) per second, 0 where unknown.
struct StageRate {
  std::string name;  ///< "read", "copy", "decode", "preprocess", "consumer"
  Resource on = Resource::storage;
  double alone = 0;   ///< with nothing else going on
  double inside = 0;  ///< of the pipeline: pictures over the time in which the stage was busy
};

struct Bottleneck {
  std::string stage{};    ///< "": no stage has a rate
  double limit = 0;       ///< pictures per second that its resource can do with all of its stages
  double busy = 0;        ///< share of its resource's time that the stage takes, 0 to 1
  std::string next{};     ///< the bottleneck that would come then; "" where no other stage is left
  double next_limit = 0;  ///< pictures per second if the stage took no time; 0: nothing else limits
  std::string reason{};   ///< in words, without numbers
};

/// The resource that takes the longest for a picture, and of it the stage that takes the longest, judged by
/// the rates inside (utilisation law: a resource's busy share is the throughput times its time for a picture,
/// so the slowest one is the busiest; Lazowska et al., "Quantitative System Performance", 1984, chapter 3).
/// What is left without it is judged by each stage's better rate, as the contention with it goes as well.
Bottleneck find_bottleneck(std::span<StageRate const> stages);

}  // namespace muster::dataload
