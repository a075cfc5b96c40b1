#include "harness/app/run_request.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/request.hpp"

namespace muster {
namespace {

constexpr std::string_view option = "--request";

bool asks_for_request(std::string_view argument) {
  return argument == option || argument.starts_with(std::string(option) + "=");
}

bool any_request(std::vector<std::string> const& arguments) {
  return std::ranges::any_of(arguments, asks_for_request);
}

RunRequest read_request(std::string const& file) {
  try {
    std::error_code unreachable;  // then there is none for this process
    if (!std::filesystem::is_regular_file(file, unreachable))
      throw Error(ExitCode::usage, "no such file, or a folder");
    constexpr std::uintmax_t most = std::uintmax_t{1} << 20;
    if (std::filesystem::file_size(file) > most) throw Error(ExitCode::usage, "larger than 1 MiB");
    auto const request = request_from_json(read_file(file));
    if (any_request(request.arguments))
      throw Error(ExitCode::usage, "arguments: a request asks for a request, which would have no end");
    return request;
  } catch (Error const& error) {
    if (error.exit_code != ExitCode::usage) throw;
    throw Error(ExitCode::usage, fmt::format("{} is no request for a run ({}) let muster submit write it",
                                             file, error.what()));
  }
}

[[noreturn]] void become(RunRequest const& request) {
  for (auto const& [name, value] : request.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> texts{program_path().string(), "run"};
  texts.insert(texts.end(), request.arguments.begin(), request.arguments.end());
  std::vector<char*> argv;
  for (auto& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  throw Error(ExitCode::infrastructure, fmt::format("cannot start {} again with the request's arguments ({})",
                                                    texts[0], std::strerror(errno)));
}

}  // namespace

void follow_request(int argc, char** argv) {
  std::vector<std::string> const arguments(argv + std::min(argc, 1), argv + argc);
  if (arguments.empty() || arguments[0] != "run" || !any_request(arguments)) return;
  if (arguments.size() != 3 || arguments[1] != option)
    throw Error(ExitCode::usage,
                "--request takes the place of all other arguments (the file has them) write: muster run "
                "--request FILE");
  become(read_request(arguments[2]));
}

}  // namespace muster
