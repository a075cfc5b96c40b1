#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <set>
#include <sstream>
#include <utility>

#include "harness/record/environment_parts.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// Instruction sets that change what GEMM, copies or decoding reach; x86 and Arm names as the kernel spells
/// them.
constexpr std::array<std::string_view, 19> telling_features{
    "avx2",        "fma",      "f16c",     "avx_vnni", "avx512f",  "avx512_vnni", "avx512_bf16",
    "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "amx_fp16", "asimdhp",     "asimddp",
    "sve",         "sve2",     "bf16",     "i8mm",     "svebf16"};

bool is_numbered(std::string const& name, std::string_view prefix) {
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()), name.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::vector<fs::path> numbered(fs::path const& folder, std::string_view prefix) {
  std::vector<fs::path> found;
  for (auto const& name : names_in(folder)) {
    if (is_numbered(name, prefix)) found.push_back(folder / name);
  }
  return found;
}

std::vector<std::string> features(std::string const& cpuinfo) {
  std::string const x86 = value_of_key(cpuinfo, "flags", ':');
  std::istringstream words(x86.empty() ? value_of_key(cpuinfo, "Features", ':') : x86);
  std::set<std::string> has;
  for (std::string word; words >> word;) has.insert(word);
  std::vector<std::string> list;
  for (auto const name : telling_features) {
    if (has.contains(std::string(name))) list.emplace_back(name);
  }
  return list;
}

/// Arm kernels give numbers where x86 ones give a name.
std::string model(std::string const& cpuinfo) {
  std::string const name = value_of_key(cpuinfo, "model name", ':');
  if (!name.empty()) return name;
  std::string const implementer = value_of_key(cpuinfo, "CPU implementer", ':');
  if (implementer.empty()) return "unknown";
  return "Arm implementer " + implementer + " part " + value_of_key(cpuinfo, "CPU part", ':');
}

void count_cpus(std::vector<fs::path> const& cpus, Cpu& cpu) {
  std::set<std::int64_t> sockets;
  std::set<std::pair<std::int64_t, std::int64_t>> cores;
  for (auto const& folder : cpus) {
    auto const core = number_in(folder / "topology" / "core_id");
    if (!core) continue;  // offline
    auto const socket = number_in(folder / "topology" / "physical_package_id").value_or(0);
    sockets.insert(socket);
    cores.insert({socket, *core});
    ++cpu.threads;
  }
  cpu.sockets = static_cast<int>(sockets.size());
  cpu.cores = static_cast<int>(cores.size());
}

/// "performance", or "performance and powersave" where CPUs differ; "" where the machine does not say (a VM).
std::string governor(std::vector<fs::path> const& cpus) {
  std::set<std::string> governors;
  for (auto const& folder : cpus) governors.insert(first_line(folder / "cpufreq" / "scaling_governor"));
  governors.erase("");
  std::string text;
  for (auto const& name : governors) text += (text.empty() ? "" : " and ") + name;
  return text;
}

/// "48K" and "32768K", as /sys writes sizes, to bytes.
std::uint64_t cache_bytes(std::string const& text) {
  std::uint64_t value = 0;
  auto const end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  std::string_view const suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  return value * (suffix == "K" ? 1024U : suffix == "M" ? 1024U * 1024U : 1U);
}

/// Of the first CPU: {"L1d", 49152}, {"L1i", ...}, {"L2", ...}, {"L3", ...}.
std::vector<std::pair<std::string, std::uint64_t>> caches(fs::path const& cpu) {
  std::vector<std::pair<std::string, std::uint64_t>> list;
  for (auto const& folder : numbered(cpu / "cache", "index")) {
    std::string const type = first_line(folder / "type");
    std::string const suffix = type == "Data" ? "d" : type == "Instruction" ? "i" : "";
    list.emplace_back("L" + first_line(folder / "level") + suffix, cache_bytes(first_line(folder / "size")));
  }
  return list;
}

std::string architecture() {
  utsname name{};
  return ::uname(&name) == 0 ? name.machine : "unknown";
}

}  // namespace

Cpu describe_cpu(Roots const& roots) {
  Cpu cpu;
  std::string const cpuinfo = file_text(roots.proc / "cpuinfo");
  auto const cpus = numbered(roots.sys / "devices/system/cpu", "cpu");
  cpu.model = model(cpuinfo);
  cpu.architecture = architecture();
  cpu.features = features(cpuinfo);
  count_cpus(cpus, cpu);
  cpu.usable = usable_cores(roots);
  if (cpu.threads == 0) cpu.sockets = 1, cpu.cores = cpu.threads = cpu.usable;  // /sys is hidden
  cpu.numa_nodes = std::max(1, static_cast<int>(numbered(roots.sys / "devices/system/node", "node").size()));
  if (!cpus.empty()) cpu.governor = governor(cpus), cpu.caches = caches(cpus.front());
  return cpu;
}

std::uint64_t memory_bytes(Roots const& roots) {
  std::string const text = value_of_key(file_text(roots.proc / "meminfo"), "MemTotal", ':');  // "24684092 kB"
  std::uint64_t kib = 0;
  std::from_chars(text.data(), text.data() + text.size(), kib);
  return kib * 1024;
}

}  // namespace muster
