// What a mistyped name was probably meant to be.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Single-letter changes that turn one word into the other: insert, remove, replace, swap two neighbours
/// (the "optimal string alignment" distance; Boytsov, ACM J. Exp. Algorithmics 16, 2011).
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The nearest of `known`; "" if none is near enough to be what was meant (a third of its letters, at least
/// one).
std::string nearest(std::string_view word, std::vector<std::string> const& known);

/// "did you mean 'gemm'? there are: gemm, memory": how a message about an unknown name ends.
std::string suggestion(std::string_view word, std::vector<std::string> const& known);

}  // namespace muster
