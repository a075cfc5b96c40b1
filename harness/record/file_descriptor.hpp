// An open file that closes itself.
#pragma once
#include <cstddef>
#include <string_view>
#include <utility>

namespace muster {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(FileDescriptor const&) = delete;
  FileDescriptor& operator=(FileDescriptor const&) = delete;
  int get() const { return number_; }
  bool open() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }
  /// 0, or the errno: a network file system may report a full disk only here.
  int close();

 private:
  int number_;
};

/// Writes all of it, in one call unless the system takes less; returns 0 or the errno.
int write_all(int file, std::string_view bytes);
/// Until it is on the disk (data and size); 0 or the errno. Files that cannot be flushed (pipes, devices) are
/// fine.
int flush(int file);

}  // namespace muster
