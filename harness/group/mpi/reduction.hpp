// Element types and reductions as MPI knows them, and those it does not: 16- and 8-bit floats, averages, sums
// of premultiplied elements.
#pragma once
#include <cstddef>

#include "harness/group/mpi/mpi.hpp"
#include "kernels/contract/collective.hpp"

namespace muster {

/// A type of the element's size; floats that MPI has no type for are unsigned integers to it.
MPI_Datatype mpi_type(ElementType type);

/// Of sum, prod, min, max; avg and premul_sum are sums to MPI. Operations on types that MPI has not are made
/// on first use and live as long as the process.
MPI_Op mpi_reduction(ElementType type, Reduction reduction);

/// values[i] /= divisor; integers are rounded towards 0.
void divide_elements(ElementType type, void* values, std::size_t count, int divisor);

/// to[i] = factor * from[i].
void scale_elements(ElementType type, void const* from, void* to, std::size_t count, int factor);

}  // namespace muster
