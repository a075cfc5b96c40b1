// `muster run --request FILE`: how a batch job starts its run. What the user asked for stands in the file,
// not in the script.
#pragma once

namespace muster {

/// Where the command line is `run --request FILE`, sets the file's environment and becomes this program with
/// the file's arguments, so that libraries find the environment when they are loaded, and the arguments are
/// those of the process. Otherwise returns. Throws Error(usage) for a file that is no request, and where
/// --request stands among other arguments.
void follow_request(int argc, char** argv);

}  // namespace muster
