// Another program's output, for comparing with it.
#pragma once
#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace muster::overhead {

/// What `command` prints on stdout. Throws when it cannot be run or fails.
inline std::string output_of(std::string const& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  if (!pipe) throw std::runtime_error("cannot run '" + command + "'");
  std::string text;
  std::array<char, 4096> buffer;
  while (std::size_t const got = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    text.append(buffer.data(), got);
  if (pclose(pipe.release()) != 0) throw std::runtime_error("'" + command + "' failed (is it installed?)");
  return text;
}

}  // namespace muster::overhead
