#include "harness/record/environment.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>

#include "harness/record/environment_parts.hpp"

namespace muster {

std::string safe_host_name(std::string_view name) {
  std::string safe;
  bool const address = name.find_first_not_of("0123456789.") == name.npos;  // 10.0.0.5 is more than "10"
  for (char const c : address ? name : name.substr(0, name.find('.'))) {
    bool const plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '_' || c == '-' || (address && c == '.');
    if (plain && (c != '-' || !safe.empty())) safe += c;  // a leading dash would be taken for an option
  }
  return safe.empty() ? "node" : safe;
}

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "node";
  return safe_host_name(buffer.data());
}

std::string utc_now() {
  std::time_t const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

Node describe_node(Roots const& roots) {
  Node node;
  node.name = host_name();
  node.cpu = describe_cpu(roots);
  node.memory_bytes = memory_bytes(roots);
  node.nics = describe_nics(roots, interface_firmware);
  node.software = describe_software(roots);
  node.env = allowed_environment(::environ);
  return node;
}

}  // namespace muster
