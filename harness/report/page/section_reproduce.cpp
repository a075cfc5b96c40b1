// What somebody needs to do it again, and to see that this page is of that document.
#include <fmt/format.h>

#include "harness/core/counted.hpp"
#include "harness/report/page/sections.hpp"

namespace muster {
namespace {

std::string command(std::vector<std::string> const& arguments) {
  std::string text;
  for (auto const& argument : arguments) {
    bool const plain =
        !argument.empty() && argument.find_first_of(" \t\n\"'\\$`|&;<>()*?[]#~!{}") == std::string::npos;
    std::string quoted = "'";
    for (char const c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += (text.empty() ? "" : " ") + (plain ? argument : quoted + "'");
  }
  return text;
}

}  // namespace

Markup reproduce_section(ReportedResult const& result) {
  auto const& run = result.document.run;
  Table table{{{""}, {""}}, {}};
  auto const add = [&table](std::string const& name, std::string const& value) {
    if (!value.empty()) table.rows.push_back({name, value});
  };
  add("command", command(run.argv));
  add("muster", run.version + (run.commit.empty() ? "" : ", commit " + run.commit) +
                    (run.dirty ? " with changes" : ""));
  add("suite", run.suite);
  add("configuration", run.config_path);
  add("its SHA-256", run.config_sha256);
  add("seed", std::to_string(run.seed));
  add("workers started by", run.launcher);
  add("began", run.started);
  add("ended", run.ended);
  add("run", run.id);
  if (run.restarts > 0) add("gone on with", counted(run.restarts, "time"));
  add("same cases", result.document.comparability_workload);
  add("same machines", result.document.comparability_platform);
  add("document", result.file);
  add("SHA-256 of the document", result.sha256);
  Table files{{{"file beside the document"}, {"bytes", true}, {"SHA-256"}}, {}};
  for (auto const& side : result.document.sidecars)
    files.rows.push_back({side.path, std::to_string(side.bytes), side.sha256});
  return Markup{html_table(table, "The run"), folded_table(files, "files beside the document")};
}

}  // namespace muster
