#include "kernels/train_step/picture_input_host.hpp"

namespace muster::train {

BatchView PictureInput::next() {
  pipeline_.launch();
  ++batches_;
  auto const& batch = *pipeline_.held();
  for (auto const& image : batch.encoded->images) bytes_ += image.bytes.size();
  return {batch.values.data(), batch.values.size() / sizeof(float), BatchView::Kind::float32};
}

std::vector<std::pair<std::string, std::string>> PictureInput::facts() {
  auto facts = pipeline_.facts();
  facts.insert(facts.end(), picture_facts_.begin(), picture_facts_.end());
  return facts;
}

double PictureInput::bytes_of_batch() const {
  return batches_ > 0 ? static_cast<double>(bytes_) / static_cast<double>(batches_) : 0;
}

}  // namespace muster::train
