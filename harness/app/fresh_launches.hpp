// The launches that decide on suspects, made for `muster compare`.
#pragma once
#include <filesystem>
#include <string>

#include "harness/analyze/compare.hpp"

namespace muster {

struct FreshArguments {
  std::string base_program, new_program;  ///< the first is this one where only the other is given
  bool asked() const { return !base_program.empty() || !new_program.empty(); }
};

/// Both programs take turns with the suspects, by the plans of the runs that these were found in (run
/// folders, or documents in them); as in `muster run --versus`. The folder that holds base and new. Throws
/// Error: of usage where a document has no plan beside it.
std::filesystem::path make_fresh_launches(Suspects const& suspects,
                                          std::filesystem::path const& base_document,
                                          std::filesystem::path const& new_document,
                                          FreshArguments const& arguments);

/// How they are made, for people.
std::string fresh_words(Suspects const& suspects, std::string const& label);

}  // namespace muster
