#include "harness/app/app.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string_view>
#include <system_error>

#include "harness/app/commands.hpp"
#include "harness/app/run_request.hpp"
#include "harness/core/build_info.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/report/findings_view.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

constexpr char const* footer = R"(Typical use:
  muster run                            measure this machine with the suite 'quick'
  muster run node --launches 5          a thorough look, for accepting a node
  muster run --filter 'gemm|memory'     only some cases (--dry-run shows which)
  muster submit quick --nodes 2         the same on two nodes of a Slurm cluster (--dry-run shows the job)
  muster run quick --versus OTHER       this muster and another in turn, launch by launch, and what differs
  muster compare BASE NEW               by how much two results differ, and is that more than chance?
  muster dataset make DIR --profile imagenet --bytes 100GB    data for muster run --data DIR
  muster check RUN --cluster nd-a100-v4 which GPU, node or link does not do what it should
  muster project RUN --cluster tesla-2021   what a described cluster would do, from what was measured
  muster doctor                         what this machine has, and what is missing

Exit codes: 0 ok, 1 gate failed, 2 usage or config, 3 inconclusive or not comparable, 4 partial, 5 wrong numbers,
6 infrastructure, 7 results not saved, 130 interrupted, 143 terminated.)";

std::string version_text() {
  auto const& info = build_info();
  return fmt::format("muster {} (commit {}{}, {}, {}, cuda backend {})", info.version, info.commit,
                     info.dirty ? " with changes" : "", info.compiler, info.build_type,
                     info.has_cuda ? "built" : "not built");
}

/// CLI11 reports its own faults; all of them are usage errors here, help and version are not.
int parse_failure(CLI::App const& cli, CLI::ParseError const& error) {
  std::ostringstream output, errors;
  int const code = cli.exit(error, output, errors);
  fmt::print("{}", output.str());
  say(printable_lines(errors.str()));  // it shows what was typed, or pasted
  return code == 0 ? 0 : static_cast<int>(ExitCode::usage);
}

/// Of a failed write to standard output `reason` is the errno, 0 where it may still be in the buffer. Data
/// that are lost there are not saved; who has read enough (`| head`) has lost none.
int delivered(int code, int reason) {
  if (std::fflush(stdout) != 0 && reason == 0) reason = errno;
  if (reason == 0 || reason == EPIPE) return code;
  say(fmt::format("muster: cannot write to standard output ({}) free some space, or send it elsewhere\n",
                  std::generic_category().message(reason)));
  bool const worse = code == static_cast<int>(ExitCode::wrong_numbers);
  return worse ? code : std::max(code, static_cast<int>(ExitCode::not_saved));
}

int internal_error(std::exception const& error) {
  say(fmt::format("muster: internal error ({}) please report it with the command line\n", error.what()));
  return static_cast<int>(ExitCode::infrastructure);
}

int obey(int argc, char** argv, int& exit_code) {
  CLI::App cli{
      "muster: does this GPU, this node, this cluster do what it was bought for, and which part does not?",
      "muster"};
  cli.footer(footer);
  cli.set_version_flag("--version", version_text());
  cli.require_subcommand(1);
  add_run(cli, exit_code);
  add_submit(cli, exit_code);
  add_list(cli, exit_code);
  add_doctor(cli, exit_code);
  add_status(cli, exit_code);
  add_collect(cli, exit_code);
  add_compare(cli, exit_code);
  add_baseline(cli, exit_code);
  add_report(cli, exit_code);
  add_history(cli, exit_code);
  add_dataset(cli, exit_code);
  add_check(cli, exit_code);
  add_project(cli, exit_code);
  add_worker(cli, exit_code);
  add_agent(cli, exit_code);
  add_tied(cli);
  add_apart(cli);
  add_ranks(cli, exit_code);
  try {
    follow_request(argc, argv);
    cli.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    int const code = parse_failure(cli, error);
    if (code == 0 || std::find(argv, argv + argc, std::string_view("--nagios")) == argv + argc) return code;
    fmt::print("{}", nagios_unknown(error.what()));
    return nagios_unknown_code;  // 2 would be "critical" to a monitoring system
  } catch (Error const& error) {
    say(fmt::format("muster: {}\n", printable_lines(error.what())));
    return static_cast<int>(error.exit_code);
  }
  return exit_code;
}

}  // namespace

int app(int argc, char** argv) {
  signal(SIGXFSZ, SIG_IGN);  // a file-size limit then is an error of write(), which is reported, not the end
  int exit_code = 0;
  try {
    return delivered(obey(argc, argv, exit_code), 0);
  } catch (std::system_error const& error) {
    return std::ferror(stdout) != 0 ? delivered(exit_code, error.code().value()) : internal_error(error);
  } catch (std::exception const& error) {
    return internal_error(error);
  }
}

}  // namespace muster
