// What can go wrong with one case, as types. Anything else that escapes a workload is reported as an internal
// error.
#pragma once
#include <stdexcept>
#include <string>

namespace muster {

/// A case could not be carried out. The message reads "problem (why) remedy".
struct CaseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// This device, library or group cannot do what the case asks for (a type it lacks, too few ranks).
struct Unsupported : CaseError {
  using CaseError::CaseError;
};

/// The case needs more memory than there is; the message says how much, and what fits.
struct OutOfMemory : CaseError {
  using CaseError::CaseError;
};

/// What the user gave the case cannot be used (an empty data folder, an unreadable file).
struct BadInput : CaseError {
  using CaseError::CaseError;
};

/// The device or one of its libraries reported an error (CUDA, cuBLAS, NCCL, nvJPEG, MPI, a read that
/// failed).
struct DeviceError : CaseError {
  using CaseError::CaseError;
};

/// This rank had no fault of its own: another one could not go on.
struct PeerFault : CaseError {
  using CaseError::CaseError;
};

}  // namespace muster
