#include "kernels/gemm/algorithm_cache.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <locale>
#include <sstream>
#include <system_error>
#include <utility>

#include "kernels/contract/random.hpp"

namespace muster {

namespace {

namespace fs = std::filesystem;

constexpr char const* first_line = "muster gemm algorithm, version 1";
constexpr char const* last_line = "end";  // a file that was cut off lacks it

/// FNV-1a; the key itself stands in the file, so that two keys of one name are told apart.
std::uint64_t hash_of(std::string const& key) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (unsigned char const c : key) hash = (hash ^ c) * 0x100000001B3ULL;
  return mix64(hash);
}

std::optional<std::string> content_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A name beside `file` that nobody else uses.
fs::path beside(fs::path const& file) {
  static std::atomic<unsigned> count{0};
  char host[256] = "";
  (void)gethostname(host, sizeof host - 1);  // without a name, process and count still tell ours apart here
  return fmt::format("{}.{}.{}.{}", file.string(), host, getpid(), count++);
}

struct Temporary {
  fs::path path;
  ~Temporary() {
    std::error_code gone;  // renamed away already, most often
    fs::remove(path, gone);
  }
};

/// The text after "name " at the start of the next line; nullopt when the line is another one.
std::optional<std::string> field(std::istream& in, std::string const& name) {
  std::string line;
  if (!std::getline(in, line) || !line.starts_with(name + " ")) return std::nullopt;
  return line.substr(name.size() + 1);
}

template <class T>
bool read_number(std::istream& in, std::string const& name, T& value) {
  auto const text = field(in, name);
  if (!text) return false;
  std::istringstream stream(*text);
  stream.imbue(std::locale::classic());
  stream >> value;
  return !stream.fail() && stream.peek() == std::istringstream::traits_type::eof();
}

bool possible(ChosenAlgorithm const& chosen) {
  auto const positive = [](double x) { return std::isfinite(x) && x > 0; };
  return positive(chosen.first_seconds) && positive(chosen.chosen_seconds) && chosen.candidates > 0 &&
         std::isfinite(chosen.tuning_seconds) && chosen.tuning_seconds >= 0;
}

std::string reason(int error) { return std::error_code(error, std::generic_category()).message(); }

}  // namespace

AlgorithmCache::AlgorithmCache(fs::path const& folder, std::string key) : key_(std::move(key)) {
  if (!folder.empty()) file_ = folder / "gemm-algorithms" / fmt::format("{:016x}.txt", hash_of(key_));
}

std::string AlgorithmCache::text_of(ChosenAlgorithm const& chosen) const {
  return fmt::format(
      "{}\nkey {}\nalgorithm {}\nfirst_seconds {}\nchosen_seconds {}\ncandidates {}\n"
      "tuning_seconds {}\n{}\n",
      first_line, key_, chosen.algorithm, chosen.first_seconds, chosen.chosen_seconds, chosen.candidates,
      chosen.tuning_seconds, last_line);
}

std::optional<ChosenAlgorithm> AlgorithmCache::parse(std::string const& text) const {
  std::istringstream in(text);
  std::string line;
  if (!std::getline(in, line) || line != first_line || field(in, "key") != key_) return std::nullopt;
  auto const algorithm = field(in, "algorithm");
  if (!algorithm) return std::nullopt;
  ChosenAlgorithm chosen{.algorithm = *algorithm};
  bool const numbers = read_number(in, "first_seconds", chosen.first_seconds) &&
                       read_number(in, "chosen_seconds", chosen.chosen_seconds) &&
                       read_number(in, "candidates", chosen.candidates) &&
                       read_number(in, "tuning_seconds", chosen.tuning_seconds);
  if (!numbers || !std::getline(in, line) || line != last_line || !possible(chosen)) return std::nullopt;
  return chosen;
}

/// Between reading `bad` and now another rank may have put a good entry in its place: that one goes back.
std::optional<ChosenAlgorithm> AlgorithmCache::set_aside(std::string const& bad) const {
  Temporary const aside{beside(file_)};
  std::error_code failed;
  fs::rename(file_, aside.path, failed);
  if (failed) return std::nullopt;
  auto const text = content_of(aside.path);
  if (!text || *text == bad) return std::nullopt;
  fs::create_hard_link(aside.path, file_, failed);
  return parse(*text);
}

std::optional<ChosenAlgorithm> AlgorithmCache::read(Usable const& usable, Note const& note) const {
  if (file_.empty()) return std::nullopt;
  auto const text = content_of(file_);
  if (!text) return std::nullopt;
  auto chosen = parse(*text);
  if (chosen && usable(chosen->algorithm)) return chosen;
  note(fmt::format("{} holds no algorithm that can be used ({}); it is chosen anew", file_.string(),
                   chosen ? "the library refuses it" : "cut off, or of another program"));
  return set_aside(*text);
}

ChosenAlgorithm AlgorithmCache::publish(ChosenAlgorithm const& mine, Usable const& usable,
                                        Note const& note) const {
  if (file_.empty()) return mine;
  std::error_code failed;
  fs::create_directories(file_.parent_path(), failed);
  Temporary const temporary{beside(file_)};
  {
    std::ofstream out(temporary.path, std::ios::binary);
    out << text_of(mine);
    out.close();
    if (!out) {
      note(fmt::format("the chosen algorithm cannot be kept in {} ({}); it is searched for anew each time",
                       file_.parent_path().string(), failed ? failed.message() : reason(errno)));
      return mine;
    }
  }
  fs::create_hard_link(temporary.path, file_, failed);
  if (failed == std::errc::file_exists) return read(usable, note).value_or(mine);
  if (failed) fs::rename(temporary.path, file_, failed);  // no hard links here
  return mine;
}

}  // namespace muster
