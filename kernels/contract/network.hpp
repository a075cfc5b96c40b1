// A network as a training step runs it (contract/workload.hpp has the one between nodes): its layers as
// matrix products, in the order of the forward pass. A model's file (configs/models) becomes one; in its text
// form it travels as a parameter of a case, so that journals and documents say what was run.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::train {

/// y = x W^T, `batch` times: x is rows x inputs, W outputs x inputs, y rows x outputs. For a convolution as
/// implicit GEMM: rows are output pixels, inputs the kernel's window over a group's channels, batch the
/// groups.
struct NetworkLayer {
  std::string name;
  std::int64_t rows = 0, outputs = 0, inputs = 0, batch = 1;  ///< of Network::samples samples
  bool weights = true;         ///< false: W is made of activations as well (attention), and no parameter
  bool more_products = false;  ///< more samples: a larger `batch` in place of more rows (attention)
  /// Where the layer is one part of a layer split over a node's ranks (tensor parallel): its y is summed over
  /// them after the forward pass; its dx after the backward pass.
  bool sum_outputs = false, sum_gradients = false;

  bool operator==(NetworkLayer const&) const = default;
};

/// Layers that follow each other `repeat` times.
struct NetworkBlock {
  std::string name;
  std::int64_t repeat = 1;
  std::vector<NetworkLayer> layers;

  bool operator==(NetworkBlock const&) const = default;
};

struct Network {
  /// What a sample is made from. none: nothing is read; tokens: `sample_bytes` of records as they are;
  /// pictures: JPEG, decoded to `size` x `size`; camera: the same, `pictures` of them a sample.
  enum class Input { none, tokens, pictures, camera };

  std::string name;
  std::string item = "samples";  ///< what a sample is called: "images", "sequences", "clips"
  std::int64_t samples = 1;      ///< that the layers' rows and batches are of: the model's own batch
  std::int64_t tokens = 0;       ///< of a sample; 0: it has none
  std::int64_t other_parameters =
      0;                    ///< embeddings, normalisation, biases: reduced and stepped, not multiplied
  int tensor_parallel = 1;  ///< ranks of a node that share each layer
  Input input = Input::none;
  std::int64_t sample_bytes = 0;  ///< tokens: read for a sample
  std::int64_t pictures = 1;      ///< camera: of a sample
  std::int64_t size = 224;        ///< pictures, camera: side of what the network gets, in pixels
  std::vector<NetworkBlock> blocks;

  bool operator==(Network const&) const = default;
};

std::string_view name(Network::Input input);  ///< "none", "tokens", "pictures", "camera"
/// Throws std::invalid_argument for another name.
Network::Input network_input_named(std::string_view name);

/// One line of ASCII; names keep letters, digits, '_', '-' and '.', everything else in them becomes '_'.
std::string to_text(Network const& network);
/// Of to_text(); throws std::invalid_argument, saying what is wrong, for anything else: unknown words,
/// numbers that are none, are not positive or (rows x outputs x inputs x batch, or all parameters) overflow
/// 2^62, more than a million layers.
Network network_from_text(std::string_view text);

/// All layers in the order of the forward pass, repeats written out; at most `blocks` repeats of each block
/// (0: all).
std::vector<NetworkLayer> layers_of(Network const& network, std::int64_t blocks = 0);

}  // namespace muster::train
