// Faults planted inside MPI, for the real program: loaded before the MPI library (LD_PRELOAD), it stands
// between the program and a few MPI functions. MUSTER_TEST_MPI_FAULT says which fault:
//
//     MPI_Barrier rank=1 call=20 action=hang once=/tmp/x
//
// The rank's (rank=all: every rank's) 20th call of the function hangs, or exit (code 3), or delay=MS;
// action=slow waits so long in that call and all later ones, action=wrong flips a bit in their results (both
// of MPI_Allreduce only in sums of float, which are answers and not decisions; wrong of
// MPI_Get_library_version the first letter). once: a file that is
// made by the fault; where it is there already, nothing happens any more. after=WORD in=FOLDER: calls count
// from when a file in that folder holds the word. Journals record this very variable, with its quotes
// escaped: a word with quotes around it is found in events only.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <fcntl.h>
#include <mpi.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <system_error>

namespace {

constexpr int exit_code = 3;
constexpr std::size_t spoilt_element = 5;

struct Fault {
  std::string function;
  std::map<std::string, std::string> words;

  long number(char const* name) const {
    auto const found = words.find(name);
    return found == words.end() ? 0 : std::atol(found->second.c_str());
  }
  std::string word(char const* name) const {
    auto const found = words.find(name);
    return found == words.end() ? "" : found->second;
  }
};

Fault read_fault() {
  Fault fault;
  auto const* text = std::getenv("MUSTER_TEST_MPI_FAULT");
  std::istringstream words(text ? text : "");
  words >> fault.function;
  for (std::string word; words >> word;) {
    auto const equals = word.find('=');
    if (equals != word.npos) fault.words[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return fault;
}

Fault const& fault() {
  static Fault const planted = read_fault();
  return planted;
}

bool is_mine(char const* function) {
  if (fault().function != function) return false;
  if (fault().word("rank") == "all") return true;
  int rank = -1;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank == fault().number("rank");
}

bool folder_holds(std::string const& folder, std::string const& word) {
  std::error_code none;  // no such folder yet
  for (auto const& entry : std::filesystem::directory_iterator(folder, none)) {
    std::ifstream stream(entry.path());
    std::string const text{std::istreambuf_iterator<char>(stream), {}};
    if (text.find(word) != text.npos) return true;
  }
  return false;
}

bool is_armed() {
  static bool armed = fault().word("after").empty();
  armed = armed || folder_holds(fault().word("in"), fault().word("after"));
  return armed;
}

bool first_time() {
  auto const file = fault().word("once");
  if (file.empty()) return true;
  int const made = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (made >= 0) close(made);
  return made >= 0;
}

/// Counts this call; hangs, waits or exits when it is the one. True when its result is to be spoilt.
bool meet(char const* function) {
  static long calls = 0;
  if (!is_mine(function) || !is_armed() || ++calls < fault().number("call")) return false;
  auto const action = fault().word("action");
  if (action == "wrong") return true;
  if (action != "slow" && (calls > fault().number("call") || !first_time())) return false;
  if (action == "exit") _exit(exit_code);
  usleep(static_cast<useconds_t>(1000 * fault().number("delay")));
  while (action == "hang") pause();
  return false;
}

void flip_a_bit(float* values, int count) {
  auto* const spoilt = values + (static_cast<std::size_t>(count) > spoilt_element ? spoilt_element : 0);
  unsigned bits = 0;
  std::memcpy(&bits, spoilt, sizeof bits);
  bits ^= 1U;
  std::memcpy(spoilt, &bits, sizeof bits);
}

}  // namespace

extern "C" {

int MPI_Barrier(MPI_Comm group) {
  meet("MPI_Barrier");
  return PMPI_Barrier(group);
}

int MPI_Allreduce(void const* in, void* out, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm group) {
  bool const answer = type == MPI_FLOAT && operation == MPI_SUM && count > 0;
  bool const spoil = (answer || fault().word("action") != "slow") && meet("MPI_Allreduce");
  int const result = PMPI_Allreduce(in, out, count, type, operation, group);
  if (spoil && answer) flip_a_bit(static_cast<float*>(out), count);
  return result;
}

int MPI_Get_library_version(char* text, int* length) {
  int const result = PMPI_Get_library_version(text, length);
  if (meet("MPI_Get_library_version") && *length > 0) text[0] = 'X';
  return result;
}

int MPI_Finalize() {
  meet("MPI_Finalize");
  return PMPI_Finalize();
}

}  // extern "C"
