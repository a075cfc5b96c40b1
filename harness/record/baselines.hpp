// Results that were given a name, to compare with. A folder of plain files that any number of machines may
// share:
//   NAME.json              which document it is, since when, from where
//   documents/SHA256.json  the document itself, under the hash of its bytes
//   documents/SHA256/FILE  another program's result, whose file's name may say what it measured
// Nothing is ever changed in place: documents are written once (and anew where their bytes are no longer
// those that were added), names are whole or not there.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace muster {

struct Baseline {
  std::string name, sha256, run;
  std::string source;  ///< the document's path when it was added
  std::string added;   ///< UTC, ISO 8601
  std::string file{};  ///< of another program's result: its file's name
};

class Baselines {
 public:
  explicit Baselines(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Keeps a copy of the document. Throws Error(usage) where the name is none (letters, digits, '.', '_',
  /// '-', a letter or digit first, at most 64), is taken and `replace` is false, or the document cannot be
  /// read, or is a folder of several files.
  Baseline add(std::string const& name, std::string const& result, bool replace) const;
  std::vector<Baseline> list() const;            ///< by name
  Baseline find(std::string const& name) const;  ///< throws Error(usage) where there is none of that name
  /// Its document, for load_result(). Throws Error(usage) where its bytes are not those that were added.
  std::string argument_of(Baseline const& baseline) const;

 private:
  std::filesystem::path file_of(std::string const& name) const;
  std::filesystem::path document_of(Baseline const& baseline) const;
  std::filesystem::path folder_;
};

/// Is this a folder of baselines, by what is in it?
bool holds_baselines(std::filesystem::path const& folder);

/// Of `muster baseline list --format json`.
std::string to_json(std::vector<Baseline> const& baselines);

}  // namespace muster
