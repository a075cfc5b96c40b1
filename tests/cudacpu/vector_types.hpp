// CUDA's vector types with CUDA's alignment, so that UBSan reports an access that a GPU would refuse as
// misaligned.
#pragma once
#include <cstddef>

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned nx = 1, unsigned ny = 1, unsigned nz = 1) : x(nx), y(ny), z(nz) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};

#define CUDACPU_VECTORS(type, name, align2, align4)                   \
  struct name##1 {                                                    \
    type x;                                                           \
  };                                                                  \
  struct alignas(align2) name##2 {                                    \
    type x, y;                                                        \
  };                                                                  \
  struct name##3 {                                                    \
    type x, y, z;                                                     \
  };                                                                  \
  CUDACPU_VECTOR4(type, name, align4)                                 \
  constexpr name##1 make_##name##1(type x) { return {x}; }            \
  constexpr name##2 make_##name##2(type x, type y) { return {x, y}; } \
  constexpr name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; }

#define CUDACPU_VECTOR4(type, name, align4) \
  struct alignas(align4) name##4 {          \
    type x, y, z, w;                        \
  };                                        \
  constexpr name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

CUDACPU_VECTORS(signed char, char, 2, 4)
CUDACPU_VECTORS(unsigned char, uchar, 2, 4)
CUDACPU_VECTORS(short, short, 4, 8)
CUDACPU_VECTORS(unsigned short, ushort, 4, 8)
CUDACPU_VECTORS(int, int, 8, 16)
CUDACPU_VECTORS(float, float, 8, 16)
CUDACPU_VECTORS(long long, longlong, 16, 16)
CUDACPU_VECTORS(unsigned long long, ulonglong, 16, 16)
CUDACPU_VECTORS(double, double, 16, 16)

// Of the unsigned family, uint3 stands above, as dim3 needs it.
struct uint1 {
  unsigned x;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
CUDACPU_VECTOR4(unsigned, uint, 16)
constexpr uint1 make_uint1(unsigned x) { return {x}; }
constexpr uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
constexpr uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }

#undef CUDACPU_VECTORS
#undef CUDACPU_VECTOR4
