#include "kernels/collective/shared_gpus.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <span>

namespace muster::cuda {
namespace {

/// The node's name goes with it: not every driver gives a UUID.
std::string gpu_of_this_rank(DeviceInfo const& info) {
  char host[256] = "";
  (void)gethostname(host, sizeof host - 1);  // an empty name tells apart as well as the UUID alone
  return std::string(host) + " " + info.uuid + " " + info.pci;
}

bool any_twice(std::vector<std::string> list) {
  std::ranges::sort(list);
  return std::ranges::adjacent_find(list) != list.end();
}

void set_unless_set(char const* name, std::string const& value) { (void)setenv(name, value.c_str(), 0); }

void let_ranks_share(Group const& group) {
  set_unless_set("NCCL_HOSTID", "muster-rank-" + std::to_string(group.rank()));
  for (auto const* name : {"NCCL_P2P_DISABLE", "NCCL_SHM_DISABLE", "NCCL_IB_DISABLE"})
    set_unless_set(name, "1");
  set_unless_set("NCCL_NET", "Socket");
  set_unless_set("NCCL_NVLS_ENABLE", "0");
  if (group.node_size() == group.size()) set_unless_set("NCCL_SOCKET_IFNAME", "lo");
}

}  // namespace

bool prepare_shared_gpus(Context& context) {
  Group& group = context.group;
  auto const gpus = group.gather(gpu_of_this_rank(context.device.info()));
  auto shared = std::byte{group.rank() == 0 && any_twice(gpus)};
  group.broadcast(std::span(&shared, 1), 0);
  if (shared == std::byte{0}) return false;
  let_ranks_share(group);
  return true;
}

}  // namespace muster::cuda
