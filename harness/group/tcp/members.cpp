#include "harness/group/tcp/members.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace muster::tcp {
namespace {

constexpr std::size_t most_endpoints = 64;
constexpr char const* invitation_mark = "muster ranks meet 1";

std::string lines_of(std::vector<Endpoint> const& endpoints) {
  std::string text;
  for (auto const& one : endpoints) text += fmt::format("{} {}\n", one.address, one.port);
  return text;
}

/// "10.0.0.3 4711"
std::optional<Endpoint> endpoint_from(std::string_view line) {
  auto const space = line.find(' ');
  if (space == line.npos || space == 0) return std::nullopt;
  Endpoint endpoint{std::string(line.substr(0, space)), 0};
  auto const* const end = line.data() + line.size();
  auto const read = std::from_chars(line.data() + space + 1, end, endpoint.port);
  bool const whole = read.ec == std::errc() && read.ptr == end && endpoint.port != 0;
  return whole ? std::optional(endpoint) : std::nullopt;
}

/// All that is left; absent where a line is none.
std::optional<std::vector<Endpoint>> endpoints_from(std::istream& stream) {
  std::vector<Endpoint> list;
  for (std::string line; std::getline(stream, line);) {
    auto const one = endpoint_from(line);
    if (!one || list.size() == most_endpoints) return std::nullopt;
    list.push_back(*one);
  }
  if (list.empty()) return std::nullopt;
  return list;
}

/// As part of a line of its own.
std::string one_line(std::string text) {
  for (auto& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

}  // namespace

std::string to_text(Member const& member) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", one_line(member.node), one_line(member.place),
                     one_line(member.build), member.size, lines_of(member.endpoints));
}

std::optional<Member> member_from(std::string_view text) {
  std::istringstream stream{std::string(text)};
  Member member;
  std::string size;
  for (auto* line : {&member.node, &member.place, &member.build, &size}) {
    if (!std::getline(stream, *line)) return std::nullopt;
  }
  auto const read = std::from_chars(size.data(), size.data() + size.size(), member.size);
  auto endpoints = endpoints_from(stream);
  if (read.ec != std::errc() || read.ptr != size.data() + size.size() || !endpoints) return std::nullopt;
  member.endpoints = std::move(*endpoints);
  return member;
}

std::string to_text(Invitation const& invitation) {
  return fmt::format("{}\n{}\n{}", invitation_mark, to_text(invitation.token),
                     lines_of(invitation.endpoints));
}

std::optional<Invitation> invitation_from(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::string mark, token;
  if (!std::getline(stream, mark) || mark != invitation_mark || !std::getline(stream, token))
    return std::nullopt;
  auto const known = token_from(token);
  auto endpoints = endpoints_from(stream);
  if (!known || !endpoints) return std::nullopt;
  return Invitation{*known, std::move(*endpoints)};
}

}  // namespace muster::tcp
