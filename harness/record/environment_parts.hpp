// The parts that describe_node() is made of; tests call them on trees of other machines.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/environment.hpp"

namespace muster {

/// First line of a file without trailing blanks; "" where there is none or it cannot be read.
std::string first_line(std::filesystem::path const& file);
/// All of a file; "" where it cannot be read.
std::string file_text(std::filesystem::path const& file);
/// A whole number in a file; absent where there is none.
std::optional<std::int64_t> number_in(std::filesystem::path const& file);
/// Names in a folder, sorted so that "cpu10" follows "cpu9"; empty where it cannot be read.
std::vector<std::string> names_in(std::filesystem::path const& folder);
/// The last part of what a symbolic link points to; "" where there is none.
std::string link_name(std::filesystem::path const& link);
/// Value of the first "key : value" or "key=value" line; "" where there is none.
std::string value_of_key(std::string_view text, std::string_view key, char separator);

Cpu describe_cpu(Roots const& roots);
std::uint64_t memory_bytes(Roots const& roots);  ///< installed, as the kernel counts it; 0 where unknown

/// Network interfaces with hardware behind them, and RDMA devices, which a NIC has besides its interface.
/// Where there is no hardware to be seen (a container), the virtual interfaces that are up. `firmware` of an
/// interface is asked for where there is hardware.
std::vector<Nic> describe_nics(Roots const& roots, std::string (*firmware)(std::string const& interface));
/// As its driver tells anybody (ethtool's ETHTOOL_GDRVINFO); "" where it does not.
std::string interface_firmware(std::string const& interface);

Facts describe_software(Roots const& roots);

/// The variables that change what is measured, by an allow-list; values that look like secrets are replaced
/// by
/// "(redacted)". `variables`: "NAME=value", ended by a null pointer. Sorted by name.
Facts allowed_environment(char const* const* variables);

/// CPUs' worth of time that the control group of this process may use; absent where there is no limit.
std::optional<double> quota_cpus(Roots const& roots);

/// `name` up to its first dot (all of it where it is an IPv4 address), in characters that are safe in a file
/// name; "node" where nothing is left.
std::string safe_host_name(std::string_view name);

struct Mount {
  std::string device;  ///< "259:1": major and minor number
  std::string root;    ///< the part of the file system that is mounted
  std::string point, filesystem, source, options;
};
std::vector<Mount> mounts(Roots const& roots);
/// The mount that holds `path` (absolute); absent when the table is empty.
std::optional<Mount> mount_of(std::vector<Mount> const& table, std::filesystem::path const& path);
/// Model of the block device with that number, of its parent for a partition; "" where it is none or has
/// none.
std::string block_device_model(Roots const& roots, std::string const& device);

}  // namespace muster
