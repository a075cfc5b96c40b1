// A model's TOML file.
#include <fmt/format.h>

#include <limits>

#include "harness/core/error.hpp"
#include "harness/plan/model.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/plan/table_reader.hpp"
#include "harness/plan/toml_file.hpp"

namespace muster {
namespace {

constexpr int most = std::numeric_limits<int>::max();

/// `kind` "linear", the default: rows, outputs, inputs, batch.
Layer linear(TableReader const& table) {
  return {.name = {},
          .rows = table.positive("rows", 0, most),
          .outputs = table.positive("outputs", 0, most),
          .inputs = table.positive("inputs", 0, most),
          .batch = table.positive("batch", 1, most)};
}

/// `kind` "convolution" as implicit GEMM: rows are output pixels of all images.
Layer convolution(TableReader const& table, long line, Faults& faults) {
  std::int64_t const groups = table.positive("groups", 1, most), kernel = table.positive("kernel", 1, most);
  std::int64_t const in = table.positive("inputs", 0, most), out = table.positive("outputs", 0, most);
  std::int64_t const stride = table.positive("stride", 1, most), padding = kernel / 2;
  std::int64_t const rows = convolved(table.positive("height", 0, most), kernel, stride, padding) *
                            convolved(table.positive("width", 0, most), kernel, stride, padding);
  if (in % groups != 0 || out % groups != 0) {
    faults.add(
        line,
        fmt::format("groups = {} does not divide {} inputs and {} outputs (each group has its own) use a "
                    "number that does",
                    groups, in, out));
  }
  return {.name = {},
          .rows = rows * table.positive("images", 1, most),
          .outputs = out / groups,
          .inputs = kernel * kernel * in / groups,
          .batch = groups};
}

void require(TableReader const& table, std::vector<std::string> const& keys, long line, Faults& faults) {
  for (auto const& key : keys) {
    if (table.get(key) == nullptr)
      faults.add(line,
                 fmt::format("a layer has no {} (its shape is not known without) add {} = NUMBER", key, key));
  }
}

Layer layer_of(toml::table const& source, Faults& faults) {
  TableReader const table(source, "a layer", faults);
  auto const kind = table.text("kind").value;
  long const line = line_of(source);
  Layer layer;
  std::vector<std::string> known{"name", "kind", "inputs", "outputs"};
  if (kind == "convolution") {
    known.insert(known.end(), {"images", "height", "width", "kernel", "stride", "groups"});
    require(table, {"inputs", "outputs", "height", "width", "kernel"}, line, faults);
    layer = convolution(table, line, faults);
  } else {
    if (!kind.empty() && kind != "linear")
      faults.add(line,
                 fmt::format("unknown kind '{}' ({})", kind, suggestion(kind, {"linear", "convolution"})));
    known.insert(known.end(), {"rows", "batch"});
    require(table, {"rows", "inputs", "outputs"}, line, faults);
    layer = linear(table);
  }
  table.only(known, "remove or correct it");
  layer.name = table.text("name").value;
  if (layer.name.empty())
    faults.add(line, "a layer has no name (results could not say what they are of) add name");
  return layer;
}

}  // namespace

Model read_model(std::filesystem::path const& file, Faults& faults) {
  auto const root = read_toml(file, "the model", faults);
  if (!root) return {};
  TableReader const table(*root, "the model", faults);
  table.only({"name", "summary", "source", "layer"}, "remove or correct it");
  Model model{table.text("name").value, table.text("summary").value, table.text("source").value, {}};
  if (model.name.empty()) model.name = file.stem().string();
  auto const* node = root->get("layer");
  auto const* layers = node == nullptr ? nullptr : node->as_array();
  if (layers == nullptr || layers->empty()) {
    faults.add(0, "the model has no layers (nothing to measure) add one, such as: [[layer]] name = \"qkv\"");
    return model;
  }
  for (auto const& item : *layers) {
    if (auto const* layer = item.as_table()) {
      model.layers.push_back(layer_of(*layer, faults));
    } else {
      faults.add(line_of(item), "an item of layer is " + kind_name(item) + " (use a table: [[layer]])");
    }
  }
  return model;
}

}  // namespace muster
