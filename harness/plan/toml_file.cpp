#include "harness/plan/toml_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

#include "harness/core/error.hpp"
#include "harness/plan/table_reader.hpp"

namespace muster {
namespace {

std::string contents(std::filesystem::path const& file, std::string_view what) {
  std::error_code ignored;  // a folder that cannot be asked about cannot be opened either
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  bool readable = stream.is_open() && !std::filesystem::is_directory(file, ignored);
  if (readable) text.assign(std::istreambuf_iterator<char>(stream), {});
  readable = readable && !stream.bad();
  if (readable) return text;
  throw Error(
      ExitCode::usage,
      fmt::format(
          "cannot read {} {} (no such file, a folder, or no permission) check the path; 'muster list' "
          "shows what comes along",
          what, file.string()));
}

}  // namespace

std::optional<toml::table> read_toml(std::filesystem::path const& file, std::string_view what,
                                     Faults& faults) {
  auto const text = contents(file, what);
  try {
    return toml::parse(text, file.string());
  } catch (toml::parse_error const& error) {
    faults.add(line_of(error.source()),
               fmt::format("not valid TOML ({}) correct the line", error.description()));
    return std::nullopt;
  }
}

}  // namespace muster
