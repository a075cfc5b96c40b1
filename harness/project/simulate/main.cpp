// muster-simulate SHAPE FIELD=NUMBER...: prints a job's simulated time in s. A program of its own because
// SimGrid has one engine a process, and because what nobody asks for need not be loaded.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "harness/core/error.hpp"
#include "harness/project/simulate/simulate.hpp"

int main(int argc, char** argv) {
  try {
    auto const job = muster::project::job_of({argv + 1, argv + argc});
    fmt::print("{}\n", muster::project::simulate(job));
  } catch (muster::Error const& error) {
    return fmt::print(stderr, "{}\n", error.what()), static_cast<int>(error.exit_code);
  } catch (std::exception const& error) {
    return fmt::print(stderr, "SimGrid failed ({})\n", error.what()),
           static_cast<int>(muster::ExitCode::infrastructure);
  }
  return 0;
}
