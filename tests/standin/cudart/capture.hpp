// What streams are given while they are captured, and what a graph makes of it with every launch.
#pragma once
#include <cuda_runtime_api.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace muster::standin {

class Event;
class Stream;

/// A capture's work in the order of the calls, each piece on its stream. A launch carries it out on as many
/// streams, with events between them, so that a wait that is missing shows as it would without a graph.
struct CapturedWork {
  struct Piece {
    enum class Kind { job, mark, wait, event };
    Kind kind = Kind::job;
    std::size_t stream = 0;  ///< 0: the one that the capture began with
    std::function<cudaError_t()> job{};
    std::size_t mark = 0;
    std::shared_ptr<Event> event{};  ///< recorded outside
  };
  std::vector<Piece> pieces{};
  std::size_t streams = 1, marks = 0;
};

class Capture;

/// Where in a capture an event was recorded, and what of each of its streams came before.
struct CapturedMark {
  std::weak_ptr<Capture> capture{};
  std::size_t mark = 0;
  std::vector<std::size_t> before{};
};

/// One capture, of one stream or of several that wait for each other.
class Capture : public std::enable_shared_from_this<Capture> {
 public:
  explicit Capture(std::shared_ptr<Stream> const& origin) : streams_{origin}, before_(1) {}

  void add(Stream const& stream, std::function<cudaError_t()> job);
  void add_event(Stream const& stream, std::shared_ptr<Event> event);
  CapturedMark mark(Stream const& stream);
  /// `stream` takes part from now on, if it did not before.
  void wait(std::shared_ptr<Stream> const& stream, CapturedMark const& mark);
  void spoil();

  std::vector<std::shared_ptr<Stream>> streams() const;
  /// The work; a status where something cannot be captured, or a stream's work was not waited for.
  struct Result {
    cudaError_t status;
    CapturedWork work{};
  };
  Result end();

 private:
  std::size_t number_of(Stream const& stream) const;
  CapturedWork::Piece& append(Stream const& stream, CapturedWork::Piece::Kind kind);

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Stream>> streams_;
  std::vector<std::vector<std::size_t>>
      before_;  ///< of each stream: the pieces of each that its next one follows
  CapturedWork work_{};
  bool spoiled_ = false;
};

/// A graph that can be launched.
class ReadyGraph {
 public:
  explicit ReadyGraph(CapturedWork work) : work_(std::move(work)) {}
  ~ReadyGraph();
  void launch(std::shared_ptr<Stream> const& stream);

 private:
  CapturedWork work_;
  std::vector<std::shared_ptr<Stream>> others_{};
};

}  // namespace muster::standin
