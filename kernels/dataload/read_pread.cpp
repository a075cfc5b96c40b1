// Engine: threads that call pread; and the choice among the engines that read into the host's memory.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/read_pool.hpp"

namespace muster::dataload {

std::string read_failure(InputFiles const& files, ReadRequest const& request, int error) {
  std::string const why = error == 0 ? "the file ends before it" : std::strerror(error);
  return fmt::format(
      "cannot read {} bytes at offset {} of '{}' ({}); check the disk, and that the file is unchanged",
      request.needed, request.offset, files.path(request.file).string(), why);
}

std::string read_with(Pread const& pread, InputFiles const& files, ReadRequest const& request) {
  int const descriptor = files.acquire(request.file);
  int error = descriptor < 0 ? -descriptor : 0;
  std::size_t done = 0;
  while (error == 0 && done < request.needed) {
    auto const got = pread(descriptor, request.into + done, request.length - done,
                           static_cast<off_t>(request.offset + done));
    if (got == 0) break;
    if (got > 0) done += static_cast<std::size_t>(got);
    if (got < 0 && errno != EINTR) error = errno;
  }
  files.release(descriptor, request.offset, done);
  return done >= request.needed ? "" : read_failure(files, request, error);
}

std::unique_ptr<ReadEngine> make_pread_engine(int depth, InputFiles const& files) {
  auto const call = [&files](ReadRequest const& request) { return read_with(&::pread, files, request); };
  return std::make_unique<ReadPool>(depth, "pread", call);
}

EngineChoice make_engine(Engine wanted, int depth, InputFiles const& files, std::span<std::byte> memory) {
  if (wanted == Engine::cufile) {
    throw Unsupported(
        "engine = cufile reads into a GPU's memory (only dataload/read on the cuda backend does); use "
        "--backend "
        "cuda there, or another engine");
  }
  if (wanted == Engine::pread) return {make_pread_engine(depth, files), ""};
  std::string why;
  if (auto engine = make_uring_engine(depth, files, memory, why)) return {std::move(engine), ""};
  std::string const note =
      wanted == Engine::io_uring ? "io_uring is not to be had (" + why + "): pread is used" : "";
  return {make_pread_engine(depth, files), note};
}

}  // namespace muster::dataload
