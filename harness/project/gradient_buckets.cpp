#include "harness/project/gradient_buckets.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kernels/contract/network.hpp"

namespace muster::project {
namespace {

std::int64_t integer_or(Params const& params, std::string_view name, std::int64_t fallback) {
  return params.has(name) ? params.integer(name) : fallback;
}

double element_bytes(Params const& params) {
  return params.has("type") && params.text("type") == "fp32" ? 4 : 2;
}

/// One layer of the backward pass: how long its products are, relative, and its gradients.
struct Done {
  double work = 0, bytes = 0;
};

/// In the order of the backward pass; what is not multiplied (embeddings) comes last.
std::vector<Done> backward(train::Network const& network, Params const& params) {
  auto const shrink = static_cast<double>(integer_or(params, "shrink", 1));
  auto const layers = train::layers_of(network, integer_or(params, "blocks", 0));
  auto const shrunk = [&](std::int64_t size) { return std::ceil(static_cast<double>(size) / shrink); };
  std::vector<Done> done;
  for (std::size_t i = layers.size(); i-- > 0;) {
    auto const& layer = layers[i];
    double const weights = shrunk(layer.outputs) * shrunk(layer.inputs) * static_cast<double>(layer.batch);
    bool const only_weights = i == 0 && network.other_parameters == 0;  // nothing lies before the first layer
    done.push_back({shrunk(layer.rows) * weights * (only_weights ? 1 : 2),
                    layer.weights ? weights * element_bytes(params) : 0});
  }
  done.push_back(
      {0, static_cast<double>(network.other_parameters) / (shrink * shrink) * element_bytes(params)});
  return done;
}

}  // namespace

std::vector<Bucket> gradient_buckets(Params const& params) {
  auto const done = backward(train::network_from_text(params.text("network")), params);
  double const all =
      std::accumulate(done.begin(), done.end(), 0.0, [](double sum, Done const& d) { return sum + d.work; });
  auto const most = static_cast<double>(integer_or(params, "bucket", usual_bucket));
  std::vector<Bucket> buckets;
  double work = 0, ready = 0, bytes = 0;  // ready: work done when the bucket's last gradient is
  for (auto const& layer : done) {
    work += layer.work;
    if (layer.bytes == 0) continue;
    if (bytes > 0 && bytes + layer.bytes > most) buckets.push_back({ready / all, std::exchange(bytes, 0)});
    ready = work;
    bytes += layer.bytes;
  }
  if (bytes > 0) buckets.push_back({ready / all, bytes});
  return buckets;
}

std::optional<TensorSums> tensor_sums(Params const& params) {
  auto const network = train::network_from_text(params.text("network"));
  if (network.tensor_parallel < 2) return std::nullopt;
  auto const samples = integer_or(params, "batch", 0);
  double const share = samples > 0 ? static_cast<double>(samples) / static_cast<double>(network.samples) : 1;
  TensorSums sums{network.tensor_parallel, 0, 0};
  double bytes = 0;
  for (auto const& layer : train::layers_of(network, integer_or(params, "blocks", 0))) {
    auto const products = static_cast<double>(layer.rows * layer.batch) * share * element_bytes(params);
    if (layer.sum_outputs) bytes += products * static_cast<double>(layer.outputs), ++sums.count;
    if (layer.sum_gradients) bytes += products * static_cast<double>(layer.inputs), ++sums.count;
  }
  if (sums.count == 0) return std::nullopt;
  sums.bytes = bytes / sums.count;
  sums.count *= static_cast<double>(integer_or(params, "accumulate", 1));
  return sums;
}

std::vector<Bucket> even_buckets(double bytes, int count) {
  std::vector<Bucket> buckets;
  for (int i = 1; i <= count; ++i) buckets.push_back({static_cast<double>(i) / count, bytes / count});
  return buckets;
}

}  // namespace muster::project
