// Writing an index, entry by entry.
#pragma once
#include <xxhash.h>

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "kernels/dataload/dataset/index_format.hpp"
#include "kernels/dataload/dataset/output_file.hpp"

namespace muster::dataload {

/// Sets the head's magic, counts and sizes from `shards` and `record_bytes`; the caller adds as many records
/// as the shards have, in order. The file is there, whole, after finish(). Throws NotSaved.
class IndexWriter {
 public:
  IndexWriter(std::filesystem::path const& file, IndexHead head, std::vector<IndexShard> const& shards);
  void add(std::span<IndexRecord const> records);
  std::uint64_t finish();  ///< bytes of the file

 private:
  void write(void const* data, std::size_t size);

  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  OutputFile out_;
  std::unique_ptr<XXH3_state_t, FreeState> state_;
};

}  // namespace muster::dataload
