// The TOML library itself under the sanitizers, instead of the system's build of it.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
