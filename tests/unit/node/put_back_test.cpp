// SPDX-License-Identifier: BSD-3-Clause
#include "../../../src/node/put_back.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

// Which files of a process were replaced by files of the same content. The process is that of the test.

using namespace erlrc;
using namespace erlrc::test;

namespace {

constexpr std::size_t size = 4096;

/// A file in the memory of this process.
class MappedFile {
public:
  explicit MappedFile(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY);
    REQUIRE(fd >= 0);
    at_ = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    ::close(fd);
    REQUIRE(at_ != MAP_FAILED);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() { ::munmap(at_, size); }

  std::string address() const {
    constexpr auto digits = "0123456789ABCDEF";
    std::string text;
    for (auto left = reinterpret_cast<std::uintptr_t>(at_); left > 0; left /= 16)
      text.insert(text.begin(), digits[left % 16]);
    return text;
  }

private:
  void* at_ = nullptr;
};

std::vector<std::string> put_back_below(const std::filesystem::path& dir) {
  std::vector<std::string> found = files_put_back(::getpid());
  std::erase_if(found, [&](const std::string& file) { return !file.starts_with(dir.string()); });
  return found;
}

}  // namespace

TEST_CASE("a mapped file that was replaced by one of the same content is put back") {
  const TempDir dir;
  const auto library = dir.path() / "a.so";
  write_file_atomically(library, Bytes(size, 'a'), 0644);
  const MappedFile mapped(library);
  CHECK(put_back_below(dir.path()).empty());

  SECTION("the same content") {
    write_file_atomically(library, Bytes(size, 'a'), 0644);
    CHECK(put_back_below(dir.path()) == std::vector{library.string()});
  }
  SECTION("other content") {
    write_file_atomically(library, Bytes(size, 'b'), 0644);
    CHECK(put_back_below(dir.path()).empty());
  }
  SECTION("no file") {
    remove_file(library);
    CHECK(put_back_below(dir.path()).empty());
  }
  SECTION("the backup of a package manager") {
    std::filesystem::rename(library, library.string() + ".dpkg-tmp");
    write_file_atomically(library, Bytes(size, 'a'), 0644);
    CHECK(put_back_below(dir.path()) == std::vector{library.string()});
  }
  SECTION("what is pinned in memory counts unless another one of its name is not pinned, or was later") {
    const auto map = [&](const std::filesystem::path& file, char content) {
      std::filesystem::create_directories(file.parent_path());
      write_file_atomically(file, Bytes(size, content), 0644);
      return std::make_unique<MappedFile>(file);
    };
    const auto pin = [&](const MappedFile& pinned, const std::string& number) {
      return map(dir.path() / ("erlrc-pins-" + pinned.address() + "-1-" + number + ".so"), 'p');
    };
    write_file_atomically(library, Bytes(size, 'a'), 0644);
    const auto first_pin = pin(mapped, "9");
    CHECK(put_back_below(dir.path()) == std::vector{library.string()});
    const auto other = map(dir.path() / "b-1" / "priv" / "b" / "a.so", 'o');
    CHECK(put_back_below(dir.path()) == std::vector{library.string()});
    const auto later = map(dir.path() / "2" / "a.so", 'u');
    CHECK(put_back_below(dir.path()).empty());
    const auto later_pin = pin(*later, "10");
    CHECK(put_back_below(dir.path()).empty());
    const auto again = pin(mapped, "11");
    CHECK(put_back_below(dir.path()) == std::vector{library.string()});
  }
}

TEST_CASE("of a process that is gone no file is put back") {
  CHECK(files_put_back(0).empty());
}
