#include "harness/run/watched_group.hpp"

#include <fmt/format.h>

#include <utility>

namespace muster {
namespace {

class WatchedCall final : public ReadyCall {
 public:
  WatchedCall(std::unique_ptr<ReadyCall> inner, char const* name, Watch& watch, Track& track)
      : inner_(std::move(inner)), name_(name), watch_(watch), track_(track) {}
  void run() override {
    Mark const mark(watch_, track_, name_);
    inner_->run();
  }

 private:
  std::unique_ptr<ReadyCall> inner_;
  char const* name_;
  Watch& watch_;
  Track& track_;
};

class WatchedGroup final : public Group {
 public:
  WatchedGroup(std::unique_ptr<Group> inner, Watch& watch, Track& track)
      : inner_(std::move(inner)), watch_(watch), track_(track) {}
  ~WatchedGroup() override {
    Mark const mark = marked("leaving the group");
    inner_.reset();
  }
  WatchedGroup(WatchedGroup const&) = delete;
  WatchedGroup& operator=(WatchedGroup const&) = delete;

  int rank() const override { return inner_->rank(); }
  int size() const override { return inner_->size(); }
  int node_rank() const override { return inner_->node_rank(); }
  int node_size() const override { return inner_->node_size(); }
  int node() const override { return inner_->node(); }
  int nodes() const override { return inner_->nodes(); }

  void barrier() override {
    Mark const mark = marked("barrier");
    inner_->barrier();
  }
  void max(std::span<double> values) override {
    Mark const mark = marked("max");
    inner_->max(values);
  }
  void broadcast(std::span<std::byte> data, int root) override {
    Mark const mark = marked("broadcast");
    inner_->broadcast(data, root);
  }
  std::vector<std::string> gather(std::string_view text) override {
    Mark const mark = marked("gather");
    return inner_->gather(text);
  }
  std::vector<std::string> gather_node(std::string_view text) override {
    Mark const mark = marked("gather on the node");
    return inner_->gather_node(text);
  }
  std::unique_ptr<Group> split(int color) override {
    Mark const mark = marked("split");
    auto part = inner_->split(color);
    ++splits_;  // also on ranks that are in no part: the number must mean the same to all
    if (!part) return nullptr;
    auto const within = track_.part.empty() ? std::string() : track_.part + ", ";
    auto& track = watch_.track(fmt::format("{}split {} color {}", within, splits_, color));
    return std::make_unique<WatchedGroup>(std::move(part), watch_, track);
  }
  void run(CollectiveCall const& call) override {
    Mark const mark = marked(name(call.operation).data());  // a literal, so it ends in a zero
    inner_->run(call);
  }
  std::unique_ptr<ReadyCall> ready(CollectiveCall const& call) override {
    return std::make_unique<WatchedCall>(inner_->ready(call), name(call.operation).data(), watch_, track_);
  }

 private:
  Mark marked(char const* call) noexcept { return Mark(watch_, track_, call); }

  std::unique_ptr<Group> inner_;
  Watch& watch_;
  Track& track_;
  int splits_ = 0;
};

}  // namespace

std::unique_ptr<Group> watched(std::unique_ptr<Group> all, Watch& watch) {
  return std::make_unique<WatchedGroup>(std::move(all), watch, watch.world());
}

}  // namespace muster
