#include "tests/unit/tcp_ranks.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <thread>

#include "tests/unit/temporary_folder.hpp"

namespace muster::tests {
namespace {

using Clock = std::chrono::steady_clock;

struct Child {
  pid_t process = -1;
  int result = -1;  // reading end of a pipe
};

World joined(RankSettings const& settings, int rank, std::filesystem::path const& folder) {
  auto const [seat, size] = settings.seat ? settings.seat(rank) : std::pair(rank, settings.ranks);
  auto const seat_text = std::to_string(seat), size_text = std::to_string(size);
  return join_sockets({.invitation = folder / "meet",
                       .node = settings.node(rank),
                       .interfaces = "lo",
                       .seconds = settings.seconds,
                       .fan = settings.fan,
                       .variables = [&](std::string_view name) -> char const* {
                         if (name == "PMI_RANK") return seat_text.c_str();
                         return name == "PMI_SIZE" ? size_text.c_str() : nullptr;
                       }});
}

std::string outcome(RankSettings const& settings, int rank, std::filesystem::path const& folder,
                    std::function<std::string(World&)> const& body) {
  try {
    auto world = joined(settings, rank, folder);
    return body(world);
  } catch (std::exception const& error) {
    return std::string("threw: ") + error.what();
  }
}

Child start(std::function<std::string()> const& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid_t const process = fork();
  if (process < 0) throw std::runtime_error("no process");
  if (process > 0) {
    close(ends[1]);
    return {process, ends[0]};
  }
  auto const text = work();
  bool const written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(written ? 0 : 1);  // without the parent's destructors and exit handlers
}

std::string read_all(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(file);
  return text;
}

std::string finish(Child const& child, Clock::time_point deadline) {
  int status = 0;
  while (waitpid(child.process, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      kill(child.process, SIGKILL);
      waitpid(child.process, &status, 0);
      close(child.result);
      return "hung";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  auto const text = read_all(child.result);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "died";
}

}  // namespace

std::vector<std::string> run_tcp_ranks(RankSettings const& settings,
                                       std::function<std::string(World&)> const& body) {
  TemporaryFolder const folder;
  std::vector<Child> children;
  for (int rank = 0; rank < settings.ranks; ++rank)
    children.push_back(start([&] { return outcome(settings, rank, folder.path(), body); }));
  auto const deadline = Clock::now() + std::chrono::seconds(60);
  std::vector<std::string> results;
  for (auto const& child : children) results.push_back(finish(child, deadline));
  return results;
}

}  // namespace muster::tests
