#include "harness/core/files.hpp"

#include <fstream>
#include <iterator>

#include "harness/core/error.hpp"

namespace muster {

std::string read_file(std::filesystem::path const& file, std::string const& hint) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw Error(ExitCode::infrastructure,
                "cannot read " + file.string() + (hint.empty() ? "" : " (" + hint + ")"));
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::filesystem::path> entries_of(std::filesystem::path const& folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code failed;
  std::filesystem::directory_iterator const end;
  for (std::filesystem::directory_iterator it(folder, failed); !failed && it != end; it.increment(failed))
    entries.push_back(it->path());
  return entries;
}

}  // namespace muster
