#include "harness/record/stands.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <system_error>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/fields.hpp"
#include "harness/record/file_descriptor.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// Whole lines that came after `offset`, which moves on by them.
std::vector<Stand> read_from(fs::path const& file, std::uintmax_t& offset) {
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  std::string const text{std::istreambuf_iterator<char>(stream), {}};
  std::vector<Stand> stands;
  std::size_t start = 0;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', start)) {
    if (auto stand = stand_from_line(std::string_view(text).substr(start, end - start)))
      stands.push_back(*std::move(stand));
    start = end + 1;
  }
  offset += start;
  return stands;
}

}  // namespace

std::string to_line(Stand const& stand) { return compact(encode(stand, Path{})); }

std::optional<Stand> stand_from_line(std::string_view line) {
  try {
    Stand stand;
    decode(parse_json(line), Path{}, stand);
    return stand;
  } catch (Error const&) {
    return std::nullopt;  // torn by the end of its writer
  }
}

bool append_stand(RunFolder const& folder, Stand const& stand) {
  auto const file = folder.stands(stand.launch, stand.node);
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  FileDescriptor const opened(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!opened.open()) return false;
  auto const line = to_line(stand) + "\n";
  return ::write(opened.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

std::vector<Stand> StandReader::poll(int launch) {
  std::vector<Stand> stands;
  for (auto const& file :
       entries_of(folder_.stands(launch, "x").parent_path())) {  // none as long as all goes well
    auto const name = file.filename().string();
    bool const of_node = node_.empty() || name == folder_.stands(launch, node_).filename();
    if (!name.starts_with(std::to_string(launch) + ".") || !of_node) continue;
    auto found = read_from(file, read_[name]);
    stands.insert(stands.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return stands;
}

}  // namespace muster
