#include "harness/record/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/fields.hpp"
#include "harness/record/file_descriptor.hpp"
#include "harness/record/io_error.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/local_folder.hpp"
#include "harness/record/plain_reader.hpp"
#include "harness/record/tidy.hpp"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kind(RunStarted const*) { return "run_started"; }
constexpr std::string_view kind(LaunchStarted const*) { return "launch_started"; }
constexpr std::string_view kind(CaseFailed const*) { return "case_failed"; }
constexpr std::string_view kind(RunPhaseStarted const*) { return "run_phase_started"; }
constexpr std::string_view kind(NodeExcluded const*) { return "node_excluded"; }
constexpr std::string_view kind(NodeSeen const*) { return "node_seen"; }
constexpr std::string_view kind(AgentEnded const*) { return "agent_ended"; }
constexpr std::string_view kind(RunEnded const*) { return "run_ended"; }
constexpr std::string_view kind(WorkerStarted const*) { return "worker_started"; }
constexpr std::string_view kind(CaseStarted const*) { return "case_started"; }
constexpr std::string_view kind(PhaseStarted const*) { return "phase_started"; }
constexpr std::string_view kind(CaseRecord const*) { return "case_record"; }
constexpr std::string_view kind(WorkerEnded const*) { return "worker_ended"; }
constexpr std::string_view kind(JournalMoved const*) { return "journal_moved"; }
constexpr std::string_view kind(Heartbeat const*) { return "heartbeat"; }

template <class T>
std::string tagged(T const& event) {
  Json json{{"event", kind(&event)}};
  json.update(encode(event, Path{}));
  return compact(json);
}

/// The alternative of Event whose kind the line names; absent when no alternative has that name.
template <std::size_t I = 0>
std::optional<Event> decode_event(Json const& json, std::string_view name) {
  if constexpr (I == std::variant_size_v<Event>) {
    return std::nullopt;
  } else {
    std::variant_alternative_t<I, Event> event;
    if (kind(&event) != name) return decode_event<I + 1>(json, name);
    decode(json, Path{}, event);
    return event;
  }
}

template <std::size_t I = 0>
std::optional<Event> read_event(PlainReader& reader, std::string_view name) {
  if constexpr (I == std::variant_size_v<Event>) {
    return std::nullopt;
  } else {
    std::variant_alternative_t<I, Event> event;
    if (kind(&event) != name) return read_event<I + 1>(reader, name);
    if (!reader.rest(event)) return std::nullopt;
    return event;
  }
}

/// Does the loss of this event lose a result?
bool is_result(Event const& event) {
  return std::holds_alternative<CaseRecord>(event) || std::holds_alternative<CaseFailed>(event) ||
         std::holds_alternative<RunEnded>(event) || std::holds_alternative<NodeExcluded>(event);
}

/// A writer that was killed may have left half a line, which must not swallow the first one of ours.
bool ends_in_half_a_line(int file) {
  struct stat info {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return false;
  char last = '\n';
  return ::pread(file, &last, 1, info.st_size - 1) == 1 && last != '\n';
}

/// After a failed write: takes half a line back, so that the journal stays whole lines.
void cut_back(int file, off_t size) {
  if (::ftruncate(file, size) != 0) return;  // then it is a torn line, which readers pass over
}

off_t size_of(int file) {
  struct stat info {};
  return ::fstat(file, &info) == 0 ? info.st_size : 0;
}

}  // namespace

std::string to_line(Event const& event) {
  if (auto const* record = std::get_if<CaseRecord>(&event)) return tagged(tidied(*record));
  return std::visit([](auto const& held) { return tagged(held); }, event);
}

std::optional<Event> from_plain_line(std::string_view line, std::vector<RawList>* lists) {
  if (line.size() > JsonLimits::text_bytes) return std::nullopt;
  PlainReader reader(line);
  auto const name = reader.open_tagged("event");
  reader.note_lists(lists);
  return read_event(reader, name);
}

std::optional<Event> from_plain_line_briefly(std::string_view line) {
  if (line.size() > JsonLimits::text_bytes) return std::nullopt;
  PlainReader reader(line);
  reader.be_brief();
  return read_event(reader, reader.open_tagged("event"));
}

std::optional<Event> from_line(std::string_view line) {
  if (auto event = from_plain_line(line)) return event;
  return from_any_line(line);
}

std::optional<Event> from_any_line(std::string_view line) {
  try {
    Json const json = parse_json(line);
    std::string name;
    Path const root;
    Reader(json, root)("event", name);
    return decode_event(json, name);
  } catch (Error const&) {
    return std::nullopt;  // torn by a crash, or of a newer version: callers count these
  }
}

JournalWriter::JournalWriter(fs::path const& file, fs::path fallback)
    : path_(fs::absolute(file)), fallback_(std::move(fallback)) {
  try {
    open();
  } catch (Error const& error) {
    if (!may_move(error)) throw;
    move(error.what());
  }
}

JournalWriter::~JournalWriter() { ::close(file_); }

void JournalWriter::open() {
  std::error_code failed;
  fs::create_directories(path_.parent_path(), failed);
  if (failed) throw not_saved(path_, failed.value());
  FileDescriptor opened(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!opened.open()) throw not_saved(path_, errno);
  if (ends_in_half_a_line(opened.get())) {
    if (int const reason = write_all(opened.get(), "\n")) throw not_saved(path_, reason);
  }
  if (file_ >= 0) ::close(file_);
  file_ = opened.release();
}

bool JournalWriter::may_move(Error const& error) const {
  return error.exit_code == ExitCode::not_saved && !fallback_.empty() && !moved_;
}

void JournalWriter::move(std::string const& reason) {
  own_folder(fallback_);
  path_ = fallback_ / path_.filename();
  open();
  moved_ = true;
  write(JournalMoved{host_name(), fallback_.string(), reason});
  say(fmt::format("muster: {}; on {} it goes on in {}\n", reason, host_name(), path_.string()));
}

void JournalWriter::append(Event const& event) {
  std::lock_guard const lock(mutex_);
  try {
    write(event);
  } catch (Error const& error) {
    if (!may_move(error)) throw;
    move(error.what());
    write(event);
  }
}

void JournalWriter::write(Event const& event) {
  off_t const before = size_of(file_);
  if (int const reason = write_all(file_, to_line(event) + "\n")) {
    cut_back(file_, before);
    throw not_saved(path_, reason);
  }
  if (!is_result(event)) return;
  if (int const reason = flush(file_)) throw not_saved(path_, reason);
}

}  // namespace muster
