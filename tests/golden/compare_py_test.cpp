// Google Benchmark's own compare.py must read our documents: that is what their last section is for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "tests/golden/golden.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = -1;
  std::string output;
};

Outcome shell(std::string const& command) {
  Outcome outcome;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe)) outcome.output += buffer.data();
  outcome.status = ::pclose(pipe);
  return outcome;
}

/// The command that runs compare.py, or "" where it, Python or SciPy is missing.
std::string compare_command() {
  char const* const own = std::getenv("MUSTER_COMPARE_PY");
  fs::path const script = own ? own : "/usr/share/benchmark/compare.py";
  if (!fs::exists(script)) return {};
  for (std::string const python : {"python3", "/usr/bin/python3"}) {
    if (shell(python + " -c 'import scipy'").status == 0) return python + " '" + script.string() + "'";
  }
  return {};
}

class ComparePy : public testing::Test {
 protected:
  void SetUp() override {
    command_ = compare_command();
    if (command_.empty()) GTEST_SKIP() << "needs the packages libbenchmark-tools and python3-scipy";
    document_ = test::assembled("two_nodes");
  }
  fs::path saved(std::string const& name, Document const& document) const {
    test::write_file(folder_.path() / name, to_json(document));
    return folder_.path() / name;
  }
  Outcome compared(fs::path const& a, fs::path const& b) const {
    return shell(command_ + " --no-color benchmarks '" + a.string() + "' '" + b.string() + "'");
  }
  std::string command_;
  Document document_;

 private:
  TemporaryFolder folder_;
};

TEST_F(ComparePy, SeesTheChangeThatIsThere) {
  Document slower = document_;
  for (auto& launch : slower.cases[0].launches) launch.seconds_per_op *= 1.5;
  auto const outcome = compared(saved("a.json", document_), saved("b.json", slower));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, testing::ContainsRegex("gemm/bf16/m:8192/n:8192/k:8192 +\\+0.5000 +\\+0.5000"));
  EXPECT_THAT(outcome.output, testing::ContainsRegex("memory/triad/bytes:1073741824 +\\+0.0000 +\\+0.0000"));
  EXPECT_THAT(outcome.output, testing::HasSubstr("OVERALL_GEOMEAN"));
}

TEST_F(ComparePy, NeverSeesAFailedCaseAsAFastOne) {
  Document failed = document_;
  failed.cases[0].status = CaseStatus::crashed;
  auto const outcome = compared(saved("a.json", document_), saved("b.json", failed));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, testing::Not(testing::HasSubstr("gemm/")));
  EXPECT_THAT(outcome.output, testing::HasSubstr("memory/triad"));
}

}  // namespace
}  // namespace muster
