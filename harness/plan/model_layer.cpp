#include "harness/plan/model_layer.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>
#include <vector>

#include "harness/plan/spelling.hpp"

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

std::int64_t within(std::initializer_list<std::int64_t> factors, char const* what, long line,
                    Faults& faults) {
  if (auto const product = product_of(factors)) return *product;
  faults.add(line, fmt::format("the convolution's {} overflow (more than 2^62) correct its numbers", what));
  return 0;
}

/// `kind` "convolution" as implicit GEMM: rows are output pixels of all images.
Layer convolution(TableReader const& table, long line, Faults& faults) {
  std::int64_t const groups = table.positive("groups", 1, most), kernel = table.positive("kernel", 1, most);
  std::int64_t const in = table.positive("inputs", 0, most), out = table.positive("outputs", 0, most);
  std::int64_t const stride = table.positive("stride", 1, most), padding = kernel / 2;
  if (in % groups != 0 || out % groups != 0) {
    faults.add(
        line,
        fmt::format("groups = {} does not divide {} inputs and {} outputs (each group has its own) use a "
                    "number that does",
                    groups, in, out));
  }
  return {.name = {},
          .rows = within({convolved(table.positive("height", 0, most), kernel, stride, padding),
                          convolved(table.positive("width", 0, most), kernel, stride, padding),
                          table.positive("images", 1, most)},
                         "output pixels", line, faults),
          .outputs = out / groups,
          .inputs = within({kernel, kernel, in / groups}, "windows", line, faults),
          .batch = groups};
}

void require(TableReader const& table, std::vector<std::string> const& keys, long line, Faults& faults) {
  for (auto const& key : keys) {
    if (table.get(key) == nullptr)
      faults.add(line,
                 fmt::format("a layer has no {} (its shape is not known without) add {} = NUMBER", key, key));
  }
}

Layer shape(TableReader const& table, long line, std::vector<std::string>& known, Faults& faults) {
  auto const kind = table.text("kind").value;
  if (kind == "convolution") {
    known.insert(known.end(), {"images", "height", "width", "kernel", "stride", "groups"});
    require(table, {"inputs", "outputs", "height", "width", "kernel"}, line, faults);
    return convolution(table, line, faults);
  }
  if (!kind.empty() && kind != "linear")
    faults.add(line,
               fmt::format("unknown kind '{}' ({})", kind, suggestion(kind, {"linear", "convolution"})));
  known.insert(known.end(), {"rows", "batch"});
  require(table, {"rows", "inputs", "outputs"}, line, faults);
  return linear(table);
}

bool more_products(TableReader const& table, Faults& faults) {
  auto const [text, line] = table.text("scales");
  if (line > 0 && text != "rows" && text != "batch")
    faults.add(line, fmt::format("unknown scales '{}' (what more samples make more of; {})", text,
                                 suggestion(text, {"rows", "batch"})));
  return text == "batch";
}

void read_sums(TableReader const& table, Layer& layer, Faults& faults) {
  for (auto const& [text, line] : table.texts("sum")) {
    if (text == "outputs") {
      layer.sum_outputs = true;
    } else if (text == "gradients") {
      layer.sum_gradients = true;
    } else {
      faults.add(line, fmt::format("unknown sum '{}' (over the ranks that share the layer; {})", text,
                                   suggestion(text, {"outputs", "gradients"})));
    }
  }
}

}  // namespace

std::optional<std::int64_t> product_of(std::initializer_list<std::int64_t> factors) {
  constexpr std::int64_t largest = std::int64_t{1} << 62;
  std::int64_t product = 1;
  for (auto const factor : factors) {
    if (factor > 0 && product > largest / factor) return std::nullopt;
    product *= factor;
  }
  return product;
}

ReadLayer read_layer(toml::table const& source, Faults& faults) {
  TableReader const table(source, "a layer", faults);
  long const line = line_of(source);
  std::vector<std::string> known{"name", "kind", "inputs", "outputs", "block", "weights", "scales", "sum"};
  auto layer = shape(table, line, known, faults);
  table.only(known, "remove or correct it");
  layer.name = table.text("name").value;
  if (layer.name.empty())
    faults.add(line, "a layer has no name (results could not say what they are of) add name");
  layer.weights = table.yes_or_no("weights").value_or(true);
  layer.more_products = more_products(table, faults);
  read_sums(table, layer, faults);
  if (!product_of({layer.rows, layer.outputs, layer.inputs, layer.batch}))
    faults.add(line, fmt::format("layer '{}' overflows (rows x outputs x inputs x batch is more than 2^62) "
                                 "correct its numbers",
                                 layer.name));
  return {std::move(layer), table.text("block"), line};
}

}  // namespace muster
