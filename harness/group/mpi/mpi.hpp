// mpi.h without the old C++ interface, which does not compile without warnings.
#pragma once
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
