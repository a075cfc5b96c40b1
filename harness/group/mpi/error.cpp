#include "harness/group/mpi/error.hpp"

#include <string>

#include "kernels/contract/error.hpp"

namespace muster {

void throw_mpi(int code, char const* call) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw DeviceError(std::string(call) + " failed (" + std::string(text, static_cast<std::size_t>(length)) +
                    ")");
}

}  // namespace muster
