// What is too much for the document, line by line: raw samples, and in a large run the entries of ranks.
#pragma once
#include <string>
#include <vector>

#include "harness/core/record.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/rank_digest.hpp"

namespace muster {

/// Of the ranks that ended ok, with the newline; "" where none did. `record` is tidied. `lists` are those
/// that from_plain_line() noted of it, whose text is then taken as it is; without them the numbers are
/// written anew. `readings`: with the device's, several times as long.
std::string sample_line(CaseRecord const& record, std::vector<RawList> const& lists, bool readings = true);

/// One object of columns, an entry a rank that has figures: see results/README.md. "" where none has.
std::string rank_line(CaseDigest const& digest);

/// A file's name for that node: names come out of files, so they may not choose the folder.
std::string side_file_name(std::string node);

}  // namespace muster
