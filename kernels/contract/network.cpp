#include "kernels/contract/network.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <utility>

namespace muster::train {
namespace {

constexpr std::array<std::pair<Network::Input, std::string_view>, 4> inputs{
    {{Network::Input::none, "none"},
     {Network::Input::tokens, "tokens"},
     {Network::Input::pictures, "pictures"},
     {Network::Input::camera, "camera"}}};

constexpr std::int64_t largest = std::int64_t{1} << 62;
constexpr std::int64_t most_layers = 1000000;  // with repeats written out

[[noreturn]] void refuse(std::string const& what) { throw std::invalid_argument("no network: " + what); }

std::string plain(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '.') c = '_';
  }
  return text.empty() ? "_" : text;
}

/// a x b for positive numbers; refuses what does not fit.
std::int64_t times(std::int64_t a, std::int64_t b, std::string const& what) {
  if (a > largest / std::max<std::int64_t>(b, 1)) refuse(what + " overflows");
  return a * b;
}

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  std::string_view next() {
    if (done()) refuse("the text ends too early");
    auto const end = rest_.find(' ');
    auto const word = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    return word;
  }
  std::int64_t number(std::int64_t least) {
    auto const word = next();
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value < least || value > largest)
      refuse("'" + std::string(word) + "' is no number from " + std::to_string(least) + " on");
    return value;
  }
  void expect(std::string_view wanted) {
    auto const word = next();
    if (word != wanted) refuse("'" + std::string(word) + "' in place of '" + std::string(wanted) + "'");
  }

 private:
  std::string_view rest_;
};

constexpr std::array<std::pair<char, bool NetworkLayer::*>, 4> flags{{{'w', &NetworkLayer::weights},
                                                                      {'p', &NetworkLayer::more_products},
                                                                      {'o', &NetworkLayer::sum_outputs},
                                                                      {'g', &NetworkLayer::sum_gradients}}};

std::string flags_of(NetworkLayer const& layer) {
  std::string text = "-";
  for (auto const& [letter, flag] : flags) {
    if (layer.*flag) text += letter;
  }
  return text;
}

void set_flags(NetworkLayer& layer, std::string_view text) {
  if (!text.starts_with('-')) refuse("'" + std::string(text) + "' in place of a layer's flags");
  layer.weights = false;
  for (char const c : text.substr(1)) {
    auto const found = std::ranges::find(flags, c, &std::pair<char, bool NetworkLayer::*>::first);
    if (found == flags.end()) refuse(std::string("unknown flag '") + c + "'");
    layer.*(found->second) = true;
  }
}

std::string text_of(NetworkLayer const& layer) {
  return " " + plain(layer.name) + " " + std::to_string(layer.rows) + " " + std::to_string(layer.outputs) +
         " " + std::to_string(layer.inputs) + " " + std::to_string(layer.batch) + " " + flags_of(layer);
}

NetworkLayer layer_from(Words& words) {
  NetworkLayer layer;
  layer.name = words.next();
  layer.rows = words.number(1), layer.outputs = words.number(1);
  layer.inputs = words.number(1), layer.batch = words.number(1);
  set_flags(layer, words.next());
  auto const what = "layer " + layer.name;
  times(times(times(layer.rows, layer.outputs, what), layer.inputs, what), layer.batch, what);
  return layer;
}

NetworkBlock block_from(Words& words) {
  NetworkBlock block;
  words.expect("block");
  block.name = words.next();
  block.repeat = words.number(1);
  auto const layers = words.number(1);
  for (std::int64_t i = 0; i < layers; ++i) block.layers.push_back(layer_from(words));
  return block;
}

void refuse_overflow(Network const& network) {
  std::int64_t sum = network.other_parameters, layers = 0;
  for (auto const& block : network.blocks) {
    auto const repeated = times(block.repeat, static_cast<std::int64_t>(block.layers.size()), block.name);
    if (repeated > most_layers - layers)
      refuse("it has more than " + std::to_string(most_layers) + " layers");
    layers += repeated;
    for (auto const& layer : block.layers) {
      auto const one = times(times(layer.outputs, layer.inputs, layer.name), layer.batch, layer.name);
      auto const all = times(one, block.repeat, "block " + block.name);
      if (sum > largest - all) refuse("the number of parameters overflows");
      sum += all;
    }
  }
}

}  // namespace

std::string_view name(Network::Input input) {
  return std::ranges::find(inputs, input, &std::pair<Network::Input, std::string_view>::first)->second;
}

Network::Input network_input_named(std::string_view name) {
  auto const found = std::ranges::find(inputs, name, &std::pair<Network::Input, std::string_view>::second);
  if (found == inputs.end()) refuse("unknown input '" + std::string(name) + "'");
  return found->first;
}

std::string to_text(Network const& n) {
  std::string text = "network1 " + plain(n.name) + " " + plain(n.item);
  for (auto const value : {n.samples, n.tokens, n.other_parameters, std::int64_t{n.tensor_parallel},
                           n.sample_bytes, n.pictures, n.size})
    text += " " + std::to_string(value);
  text += " " + std::string(name(n.input)) + " " + std::to_string(n.blocks.size());
  for (auto const& block : n.blocks) {
    text += " block " + plain(block.name) + " " + std::to_string(block.repeat) + " " +
            std::to_string(block.layers.size());
    for (auto const& layer : block.layers) text += text_of(layer);
  }
  return text;
}

Network network_from_text(std::string_view text) {
  Words words(text);
  words.expect("network1");
  Network network;
  network.name = words.next(), network.item = words.next();
  network.samples = words.number(1), network.tokens = words.number(0);
  network.other_parameters = words.number(0);
  auto const parallel = words.number(1);
  if (parallel > std::numeric_limits<int>::max()) refuse("tensor_parallel overflows");
  network.tensor_parallel = static_cast<int>(parallel);
  network.sample_bytes = words.number(0), network.pictures = words.number(1), network.size = words.number(1);
  network.input = network_input_named(words.next());
  auto const blocks = words.number(1);
  for (std::int64_t i = 0; i < blocks; ++i) network.blocks.push_back(block_from(words));
  if (!words.done()) refuse("something follows it");
  refuse_overflow(network);
  return network;
}

std::vector<NetworkLayer> layers_of(Network const& network, std::int64_t blocks) {
  std::vector<NetworkLayer> layers;
  for (auto const& block : network.blocks) {
    auto const repeat = blocks > 0 ? std::min(blocks, block.repeat) : block.repeat;
    for (std::int64_t i = 0; i < repeat; ++i)
      layers.insert(layers.end(), block.layers.begin(), block.layers.end());
  }
  return layers;
}

}  // namespace muster::train
