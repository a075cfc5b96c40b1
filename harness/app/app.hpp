#pragma once

namespace muster {

/// The whole program: parses the command line, runs the command, returns the documented exit code.
int app(int argc, char** argv);

}  // namespace muster
