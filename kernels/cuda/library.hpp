// Vendor libraries that only some cases need (NCCL, nvJPEG), opened when the first such case comes up.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace muster::cuda {

/// Folders to look in when the loader does not find a library by itself. Set by the backend, once.
std::vector<std::filesystem::path>& library_folders();

/// An open library; never closed, since these keep threads and callbacks of their own.
class Library {
 public:
  /// Opens the first of `sonames` that is found: by the loader's rules, then in library_folders().
  /// Throws Unsupported ("libnccl.so.2 not found (...) remedy").
  Library(std::vector<std::string> const& sonames, std::string remedy);

  /// Fills `function` with the library's function of that name; throws Unsupported when the library lacks it.
  template <class Function>
  void bind(Function*& function, char const* name) const {
    function = reinterpret_cast<Function*>(address(name));
  }
  /// The same, but a function that is missing becomes null.
  template <class Function>
  void bind_if_present(Function*& function, char const* name) const {
    function = reinterpret_cast<Function*>(address_or_null(name));
  }
  std::string const& name() const { return name_; }  ///< as it was opened: a soname or a whole path

 private:
  void* address(char const* name) const;
  void* address_or_null(char const* name) const;

  std::string name_, remedy_;
  void* handle_ = nullptr;
};

}  // namespace muster::cuda
