#include "tests/standin/cudart/capture.hpp"

#include <algorithm>
#include <utility>

#include "tests/standin/cudart/stream.hpp"

namespace muster::standin {

std::size_t Capture::number_of(Stream const& stream) const {
  auto const found = std::ranges::find(streams_, &stream, &std::shared_ptr<Stream>::get);
  return static_cast<std::size_t>(found - streams_.begin());
}

CapturedWork::Piece& Capture::append(Stream const& stream, CapturedWork::Piece::Kind kind) {
  std::size_t const number = number_of(stream);
  auto& before = before_[number];
  before.resize(std::max(before.size(), number + 1));
  ++before[number];
  work_.pieces.push_back({.kind = kind, .stream = number});
  return work_.pieces.back();
}

void Capture::add(Stream const& stream, std::function<cudaError_t()> job) {
  std::lock_guard const lock(mutex_);
  append(stream, CapturedWork::Piece::Kind::job).job = std::move(job);
}

void Capture::add_event(Stream const& stream, std::shared_ptr<Event> event) {
  std::lock_guard const lock(mutex_);
  append(stream, CapturedWork::Piece::Kind::event).event = std::move(event);
}

CapturedMark Capture::mark(Stream const& stream) {
  std::lock_guard const lock(mutex_);
  append(stream, CapturedWork::Piece::Kind::mark).mark = work_.marks;
  return {weak_from_this(), work_.marks++, before_[number_of(stream)]};
}

void Capture::wait(std::shared_ptr<Stream> const& stream, CapturedMark const& mark) {
  std::lock_guard const lock(mutex_);
  if (number_of(*stream) == streams_.size()) {
    streams_.push_back(stream);
    before_.emplace_back();
    work_.streams = streams_.size();
  }
  append(*stream, CapturedWork::Piece::Kind::wait).mark = mark.mark;
  auto& before = before_[number_of(*stream)];
  before.resize(std::max(before.size(), mark.before.size()));
  for (std::size_t i = 0; i < mark.before.size(); ++i) before[i] = std::max(before[i], mark.before[i]);
}

void Capture::spoil() {
  std::lock_guard const lock(mutex_);
  spoiled_ = true;
}

std::vector<std::shared_ptr<Stream>> Capture::streams() const {
  std::lock_guard const lock(mutex_);
  return streams_;
}

Capture::Result Capture::end() {
  std::lock_guard const lock(mutex_);
  if (spoiled_) return {cudaErrorStreamCaptureInvalidated};
  auto& origin = before_.front();
  origin.resize(streams_.size());
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (before_[i].size() > i && origin[i] < before_[i][i]) return {cudaErrorStreamCaptureUnjoined};
  }
  return {cudaSuccess, std::move(work_)};
}

ReadyGraph::~ReadyGraph() {
  for (auto const& stream : others_) stream->close();
}

void ReadyGraph::launch(std::shared_ptr<Stream> const& stream) {
  while (others_.size() + 1 < work_.streams) others_.push_back(stream->another());
  std::vector<std::shared_ptr<Event>> marks(work_.marks);
  for (auto const& piece : work_.pieces) {
    auto& on = piece.stream == 0 ? *stream : *others_[piece.stream - 1];
    switch (piece.kind) {
      case CapturedWork::Piece::Kind::job:
        on.push(piece.job);
        break;
      case CapturedWork::Piece::Kind::event:
        on.push([event = piece.event] { return event->happen(); });
        break;
      case CapturedWork::Piece::Kind::mark:
        marks[piece.mark] = std::make_shared<Event>(false);
        marks[piece.mark]->record(on);
        break;
      case CapturedWork::Piece::Kind::wait:
        on.push(marks[piece.mark]->waiter());
        break;
    }
  }
}

}  // namespace muster::standin
