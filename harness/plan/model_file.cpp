// A model's TOML file.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/plan/model.hpp"
#include "harness/plan/model_layer.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/plan/table_reader.hpp"
#include "harness/plan/toml_file.hpp"

namespace muster {
namespace {

using train::Network;
using train::NetworkBlock;

constexpr int most_repeats = 10'000;
constexpr std::int64_t most_parameters = std::int64_t{1} << 50, most_bytes = std::int64_t{1} << 40;

std::vector<ReadLayer> layers_in(toml::table const& root, Faults& faults) {
  std::vector<ReadLayer> layers;
  auto const* node = root.get("layer");
  auto const* list = node == nullptr ? nullptr : node->as_array();
  if (list == nullptr || list->empty()) {
    faults.add(0, "the model has no layers (nothing to measure) add one, such as: [[layer]] name = \"qkv\"");
    return layers;
  }
  for (auto const& item : *list) {
    if (auto const* layer = item.as_table()) {
      layers.push_back(read_layer(*layer, faults));
    } else {
      faults.add(line_of(item), "an item of layer is " + kind_name(item) + " (use a table: [[layer]])");
    }
  }
  return layers;
}

std::vector<std::string> input_names() {
  std::vector<std::string> names;
  for (auto const input :
       {Network::Input::none, Network::Input::tokens, Network::Input::pictures, Network::Input::camera})
    names.emplace_back(train::name(input));
  return names;
}

/// Keys that only some inputs have, and those that an input cannot do without.
class InputReader {
 public:
  InputReader(TableReader const& table, Faults& faults) : table_(table), faults_(faults) {}

  void read(Network& network) {
    input_ = table_.text("input");
    auto const names = input_names();
    if (input_.line > 0 && std::ranges::find(names, input_.value) == names.end()) {
      faults_.add(input_.line,
                  fmt::format("unknown input '{}' ({})", input_.value, suggestion(input_.value, names)));
      return;
    }
    if (input_.line == 0) input_.value = "none";
    network.input = train::network_input_named(input_.value);
    only_with({"tokens"}, "sample_bytes");
    only_with({"camera"}, "pictures");
    only_with({"pictures", "camera"}, "size");
    needed_with("tokens", "sample_bytes", "what is read for a sample");
    needed_with("camera", "pictures", "how many a sample has");
    network.sample_bytes = table_.count("sample_bytes", 0, 1, most_bytes);
    network.pictures = table_.whole("pictures", 1, 1, 1 << 20);
    network.size = table_.whole("size", 224, 8, 4096);
  }

 private:
  void only_with(std::vector<std::string> const& inputs, char const* key) {
    auto const* node = table_.get(key);
    if (node == nullptr || std::ranges::find(inputs, input_.value) != inputs.end()) return;
    faults_.add(line_of(*node),
                fmt::format("{} with input = \"{}\" (only {} has it) remove it, or correct input", key,
                            input_.value, inputs.back()));
  }
  void needed_with(std::string_view input, char const* key, char const* what) {
    if (input_.value != input || table_.get(key) != nullptr) return;
    faults_.add(input_.line, fmt::format("input = \"{}\" without {} ({} is not known) add {} = NUMBER", input,
                                         key, what, key));
  }

  TableReader const& table_;
  Faults& faults_;
  At<std::string> input_{};
};

/// Layers of one block stand together; one that has none is a block by itself.
class BlockReader {
 public:
  BlockReader(toml::table const& root, Faults& faults) : faults_(faults) {
    auto const* node = root.get("repeat");
    if (node == nullptr) return;
    repeat_ = node->as_table();
    if (repeat_ == nullptr)
      faults.add(line_of(*node),
                 "repeat is " + kind_name(*node) +
                     " (it says of each block how often) use a table: [repeat] BLOCK = NUMBER");
  }

  std::vector<NetworkBlock> blocks(std::vector<ReadLayer> const& layers) {
    for (auto const& layer : layers) add(layer);
    refuse_unused();
    return std::move(blocks_);
  }

 private:
  void add(ReadLayer const& read) {
    auto const& block = read.block.value;
    if (!block.empty() && block == open_) {
      blocks_.back().layers.push_back(read.layer);
      return;
    }
    open_ = block;
    blocks_.push_back({block.empty() ? read.layer.name : block, repeat_of(read.block), {read.layer}});
    if (block.empty()) return;
    if (std::ranges::find(names_, block) == names_.end()) {
      names_.push_back(block);
    } else {
      refuse_return(read);
    }
  }

  std::int64_t repeat_of(At<std::string> const& block) const {
    if (repeat_ == nullptr || block.value.empty()) return 1;
    return TableReader(*repeat_, "repeat", faults_).positive(block.value, 1, most_repeats);
  }

  void refuse_return(ReadLayer const& read) {
    faults_.add(read.line,
                fmt::format("layer '{}' is of block '{}', which other layers have interrupted (a block is "
                            "repeated as one) move it up to its block, or give it another block",
                            read.layer.name, read.block.value));
  }

  void refuse_unused() {
    if (repeat_ != nullptr)
      TableReader(*repeat_, "repeat", faults_).only(names_, "no layer has that block; remove or correct it");
  }

  Faults& faults_;
  toml::table const* repeat_ = nullptr;
  std::string open_;
  std::vector<std::string> names_;
  std::vector<NetworkBlock> blocks_;
};

/// Of `repeat` blocks; absent where it is more than 2^62.
std::optional<std::int64_t> parameters_of(NetworkBlock const& block) {
  std::int64_t sum = 0;
  for (auto const& layer : block.layers) {
    auto const one = product_of({layer.outputs, layer.inputs, layer.batch, block.repeat});
    if (!one || sum > (std::int64_t{1} << 62) - *one) return std::nullopt;
    sum += *one;
  }
  return sum;
}

void refuse_overflow(Network const& network, Faults& faults) {
  std::int64_t sum = network.other_parameters;
  for (auto const& block : network.blocks) {
    auto const parameters = parameters_of(block);
    if (parameters && sum <= (std::int64_t{1} << 62) - *parameters) {
      sum += *parameters;
      continue;
    }
    faults.add(0, fmt::format("the parameters overflow (with block '{}' they are more than 2^62) correct its "
                              "layers or its repeat",
                              block.name));
    return;
  }
}

void refuse_sums_of_one(Network const& network, std::vector<ReadLayer> const& layers, Faults& faults) {
  if (network.tensor_parallel > 1) return;
  for (auto const& [layer, block, line] : layers) {
    if (layer.sum_outputs || layer.sum_gradients)
      faults.add(line, fmt::format("layer '{}' has a sum without tensor_parallel (over which ranks?) add "
                                   "tensor_parallel = NUMBER to the model, or remove sum",
                                   layer.name));
  }
}

Network network_of(toml::table const& root, TableReader const& table, std::vector<ReadLayer> const& layers,
                   Faults& faults) {
  Network network;
  network.samples = table.positive("samples", 1, 1 << 20);
  if (auto item = table.text("item"); !item.value.empty()) network.item = std::move(item.value);
  network.tokens = table.whole("tokens", 0, 1, 1 << 30);
  network.other_parameters = table.count("other_parameters", 0, 0, most_parameters);
  network.tensor_parallel = table.positive("tensor_parallel", 1, 1024);
  InputReader(table, faults).read(network);
  network.blocks = BlockReader(root, faults).blocks(layers);
  refuse_sums_of_one(network, layers, faults);
  refuse_overflow(network, faults);
  return network;
}

}  // namespace

Model read_model(std::filesystem::path const& file, Faults& faults) {
  auto const root = read_toml(file, "the model", faults);
  if (!root) return {};
  TableReader const table(*root, "the model", faults);
  table.only({"name", "summary", "source", "samples", "item", "tokens", "other_parameters", "tensor_parallel",
              "input", "sample_bytes", "pictures", "size", "repeat", "layer"},
             "remove or correct it");
  Model model{table.text("name").value, table.text("summary").value, table.text("source").value, {}};
  if (model.name.empty()) model.name = file.stem().string();
  auto const layers = layers_in(*root, faults);
  for (auto const& read : layers) model.layers.push_back(read.layer);
  auto network = network_of(*root, table, layers, faults);
  network.name = model.name;
  if (table.get("samples") != nullptr) model.network = std::move(network);
  return model;
}

}  // namespace muster
