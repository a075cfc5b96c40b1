#include "harness/record/digest_journals.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <variant>

#include "harness/core/each_index.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/device_lines.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/journal_lines.hpp"
#include "harness/record/save.hpp"
#include "harness/record/side_lines.hpp"
#include "harness/record/tidy.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// The journals of one writer, which may have had to go on in another folder.
struct Source {
  std::string name;  ///< of its files
  std::vector<fs::path> files;
};

using Item = std::variant<Event, CaseDigest>;

/// What one source holds, digested.
struct Part {
  std::vector<Item> items;
  RecordPool pool;
  std::size_t bad_lines = 0;
  std::vector<Sidecar> sidecars;
  std::string not_saved;
};

/// The supervisor's before the agents', these before the nodes', else by name.
int order_of(std::string const& name) {
  return name.ends_with(".node.ndjson") ? 2 : name.ends_with(".agent.ndjson") ? 1 : 0;
}

bool is_of(std::string const& world, std::string const& name) {
  return world.empty() || name == world + ".agent.ndjson" || name == world + ".node.ndjson";
}

std::vector<Source> sources_in(std::vector<fs::path> const& folders, std::string const& world) {
  std::map<std::pair<int, std::string>, Source> found;
  for (auto const& folder : folders) {
    for (auto const& file : entries_of(folder)) {
      auto const name = file.filename().string();
      if (!is_journal(name) || !is_of(world, name)) continue;
      auto& source = found[{order_of(name), name}];
      source.name = name;
      source.files.push_back(file);
    }
  }
  std::vector<Source> list;
  for (auto& [key, source] : found) list.push_back(std::move(source));
  return list;
}

class SourceReading {
 public:
  SourceReading(Assembler const& assembler, Source const& source, DigestSettings const& settings)
      : assembler_(assembler),
        source_(source),
        save_(settings.save),
        ends_only_(settings.ends_only),
        digester_(part_.pool, true) {}

  Part part() {
    for (auto const& file : source_.files) {
      read(file);
      keep_phase();
    }
    auto const node = source_.name.substr(0, source_.name.find(".node.ndjson"));
    keep("samples", node, samples_);
    keep("ranks", node, ranks_);
    keep("devices", node, devices_.text());
    return std::move(part_);
  }

 private:
  void read(fs::path const& file) {
    read_journal_text(file, 0, text());
    each_line(text(), true, [&](std::string_view line) {
      if (!line.empty()) add(line);
    });
  }

  /// Megabytes that every file of this thread needs: pages that were used once cost no more.
  static std::string& text() {
    thread_local std::string buffer;
    return buffer;
  }

  void add(std::string_view line) {
    lists_.clear();
    auto event = ends_only_ ? from_plain_line_briefly(line) : from_plain_line(line, &lists_);
    if (!event) {
      lists_.clear();
      event = from_any_line(line);
    }
    if (!event) {
      ++part_.bad_lines;
    } else if (auto* record = std::get_if<CaseRecord>(&*event)) {
      add(tidied(std::move(*record)));
    } else if (std::holds_alternative<Heartbeat>(*event) && order_of(source_.name) > 0) {
      return;  // by the node's own clock
    } else if (auto* phase = std::get_if<PhaseStarted>(&*event)) {
      keep_phase();
      phase_ = std::move(*phase);
    } else {
      part_.items.emplace_back(*std::move(event));
    }
  }

  /// Which phase a case was in matters only where no record follows.
  void keep_phase() {
    if (auto phase = std::exchange(phase_, std::nullopt)) part_.items.emplace_back(Event(*std::move(phase)));
  }

  void add(CaseRecord const& record) {
    if (phase_ && phase_->case_index == record.case_index && phase_->launch == record.launch) phase_.reset();
    if (!save_.empty()) samples_ += sample_line(record, lists_, assembler_.whole_ranks());
    auto digest = digester_.digest(record, ends_only_ ? nullptr : assembler_.workload(record.case_index));
    if (!assembler_.whole_ranks()) {
      if (!save_.empty()) add_beside(digest);
      for (auto& rank : digest.ranks) rank.whole.reset();
    }
    part_.items.emplace_back(std::move(digest));
  }

  /// Entries that are too many for the document.
  void add_beside(CaseDigest const& digest) {
    ranks_ += rank_line(digest);
    auto const* planned = assembler_.planned(digest.case_index);
    if (!planned || planned->backend != "cuda") return;
    for (auto const& rank : digest.ranks) {
      if (rank.whole) devices_.add(*rank.whole, planned->workload);
    }
  }

  void keep(char const* folder, std::string const& node, std::string const& text) {
    if (text.empty()) return;
    auto const name = std::string(folder) + "/" + side_file_name(node);
    try {
      save_atomically(save_ / name, text);
      part_.sidecars.push_back({name, sha256(text), text.size()});
    } catch (Error const& error) {
      part_.not_saved = error.what();
    }
  }

  Assembler const& assembler_;
  Source const& source_;
  fs::path const& save_;
  bool ends_only_;
  Part part_;
  Digester digester_;
  std::vector<RawList> lists_;
  std::optional<PhaseStarted> phase_;
  std::string samples_, ranks_;
  DeviceLines devices_;
};

/// Hands parts on in the order of their sources, whichever is read first.
class InOrder {
 public:
  InOrder(Assembler& assembler, std::size_t count) : assembler_(assembler), parts_(count) {}

  void put(std::size_t index, Part part) {
    std::lock_guard const lock(mutex_);
    parts_[index] = std::move(part);
    for (; next_ < parts_.size() && parts_[next_]; ++next_) {
      hand_on(*std::exchange(parts_[next_], std::nullopt));
    }
  }
  Digested take() { return std::move(digested_); }

 private:
  void hand_on(Part part) {
    for (auto& item : part.items) {
      if (auto* digest = std::get_if<CaseDigest>(&item)) {
        assembler_.add(std::move(*digest));
      } else {
        assembler_.add(std::get<Event>(item));
      }
    }
    assembler_.keep(std::move(part.pool));
    digested_.bad_lines += part.bad_lines;
    std::ranges::move(part.sidecars, std::back_inserter(digested_.sidecars));
    if (digested_.not_saved.empty()) digested_.not_saved = part.not_saved;
  }

  Assembler& assembler_;
  std::mutex mutex_;
  std::vector<std::optional<Part>> parts_;
  std::size_t next_ = 0;
  Digested digested_;
};

}  // namespace

Digested digest_journals(Assembler& assembler, DigestSettings const& settings) {
  auto const sources = sources_in(settings.journals, settings.world);
  InOrder parts(assembler, sources.size());
  each_index(sources.size(), settings.threads,
             [&](std::size_t i) { parts.put(i, SourceReading(assembler, sources[i], settings).part()); });
  return parts.take();
}

}  // namespace muster
