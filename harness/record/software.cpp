#include <gnu/libc-version.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "harness/record/environment_parts.hpp"

namespace muster {
namespace {

std::string without_quotes(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

/// The choice in brackets: "always [madvise] never" -> "madvise".
std::string chosen(std::string const& text) {
  auto const open = text.find('['), close = text.find(']');
  return open < close && close != text.npos ? text.substr(open + 1, close - open - 1) : "";
}

std::string kernel() {
  utsname name{};
  return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : "";
}

constexpr std::array<std::string_view, 8> allowed_prefixes{"NCCL_",      "CUDA_", "UCX_",      "OMPI_MCA_",
                                                           "SLURM_JOB_", "OMP_",  "OPENBLAS_", "MUSTER_"};
/// What mpirun sets for its own use: other at every start, and full of addresses.
constexpr std::array<std::string_view, 5> noise{"OMPI_MCA_orte_", "OMPI_MCA_ess", "OMPI_MCA_pmix",
                                                "OMPI_MCA_initial_wdir", "OMPI_MCA_shmem_RUNTIME_"};
constexpr std::array<std::string_view, 6> secret_words{"TOKEN", "KEY",        "SECRET",
                                                       "PASS",  "CREDENTIAL", "COOKIE"};

bool starts_with_any(std::string_view name, auto const& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool looks_secret(std::string name, std::string_view value) {
  if (name == "NCCL_IB_PKEY" || name == "UCX_IB_PKEY") return false;  // a partition key, which is a setting
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  bool const by_name =
      std::ranges::any_of(secret_words, [&](auto word) { return name.find(word) != name.npos; });
  auto const scheme = value.find("://");
  bool const by_value = scheme != value.npos && value.find('@', scheme) != value.npos;  // user:password@host
  return by_name || by_value;
}

}  // namespace

Facts describe_software(Roots const& roots) {
  Facts const candidates{
      {"kernel", kernel()},
      {"os", without_quotes(value_of_key(file_text(roots.etc / "os-release"), "PRETTY_NAME", '='))},
      {"glibc", ::gnu_get_libc_version()},
      {"NVIDIA kernel module", first_line(roots.sys / "module/nvidia/version")},
      {"transparent huge pages", chosen(first_line(roots.sys / "kernel/mm/transparent_hugepage/enabled"))},
  };
  Facts facts;
  std::ranges::copy_if(candidates, std::back_inserter(facts),
                       [](auto const& fact) { return !fact.second.empty(); });
  return facts;
}

Facts allowed_environment(char const* const* variables) {
  Facts facts;
  for (; variables && *variables; ++variables) {
    std::string_view const entry(*variables);
    auto const equals = entry.find('=');
    if (equals == entry.npos) continue;
    std::string const name(entry.substr(0, equals));
    std::string_view const value = entry.substr(equals + 1);
    if (!starts_with_any(name, allowed_prefixes) || starts_with_any(name, noise)) continue;
    facts.emplace_back(name, looks_secret(name, value) ? "(redacted)" : std::string(value));
  }
  std::ranges::sort(facts);
  return facts;
}

}  // namespace muster
