#include "kernels/dataload/article.hpp"

namespace muster::dataload {
namespace {

void add_frames(std::vector<Figure>& figures, std::string const& ending, double bytes_per_pixel) {
  double const frames = article_gpu_demand() / (bytes_per_pixel * article_frame_pixels);
  figures.push_back({"article_frames" + ending, frames, "frames/s"});
  figures.push_back({"article_cars" + ending, frames / (article_cameras * article_frames_per_second), ""});
}

}  // namespace

std::vector<Figure> article_figures(ArticleInput const& input) {
  double const demand = article_gpu_demand();
  std::vector<Figure> figures{{"article_demand", demand, "B/s"}};
  if (input.mean_record_bytes > 0)
    figures.push_back({"article_images", demand / input.mean_record_bytes, "images/s"});
  if (input.mean_record_bytes > 0 && input.mean_pixels > 0)
    add_frames(figures, "", input.mean_record_bytes / input.mean_pixels);
  add_frames(figures, "_raw", raw_bytes_per_pixel);
  if (input.read > 0) figures.push_back({"article_share_read", input.read / demand, ""});
  if (input.sustained > 0) figures.push_back({"article_share_sustained", input.sustained / demand, ""});
  return figures;
}

}  // namespace muster::dataload
