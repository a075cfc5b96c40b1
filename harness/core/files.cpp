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

}  // namespace muster
