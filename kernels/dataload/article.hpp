// What the cluster of 2021 that this suite is measured against asks of its storage, as a check of one rank.
#pragma once
#include <vector>

#include "kernels/contract/work.hpp"

namespace muster::dataload {

/// 720 nodes of 8 A100 GPUs before 10 PB of NVMe at 1.6 TB/s (toptech.news and servethehome.com, June 2021):
/// 2.222 GB/s a node, 277.8 MB/s a GPU if all are fed at once.
inline constexpr double article_storage = 1.6e12;  // B/s
inline constexpr double article_nodes = 720, article_gpus_per_node = 8;
constexpr double article_node_demand() { return article_storage / article_nodes; }
constexpr double article_gpu_demand() { return article_node_demand() / article_gpus_per_node; }

/// What its network is trained on: 8 cameras of 1280 x 960 pixels and 36 frames a second (A. Karpathy, CVPR
/// 2021, as in hackmd.io/@baki/teslavision).
inline constexpr double article_cameras = 8, article_frames_per_second = 36;
inline constexpr double article_frame_pixels = 1280.0 * 960;
inline constexpr double raw_bytes_per_pixel = 3;

/// What a rank measured, in bytes per second and bytes.
struct ArticleInput {
  double read = 0;               ///< the read stage alone; 0: not measured
  double sustained = 0;          ///< at storage, by the whole pipeline
  double mean_record_bytes = 0;  ///< of the set
  double mean_pixels = 0;        ///< of its pictures; 0: none
};

/// article_demand          B/s a GPU
/// article_images          records/s of this set that it stands for
/// article_frames          frames/s of 1280 x 960 at this set's bytes per pixel (where it has pictures)
/// article_cars            cars' worth of those: 8 cameras at 36 frames/s
/// article_frames_raw      frames/s uncompressed, 3 B a pixel; article_cars_raw likewise
/// article_share_read      read over the demand; 1: as much as a GPU there gets
/// article_share_sustained sustained over the demand
std::vector<Figure> article_figures(ArticleInput const& input);

}  // namespace muster::dataload
