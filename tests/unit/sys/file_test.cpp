// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file.hpp>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/other_root.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

namespace {

/// The errno value of the failure of `body`.
template <typename Body>
int failure_of(Body&& body) {
  try {
    body();
  } catch (const SystemError& error) {
    return error.code;
  }
  return 0;
}

}  // namespace

TEST_CASE("a file of any size is read completely") {
  const TempDir dir;
  const auto size = GENERATE(as<std::size_t>{}, 0, 1, 511, 512, 513, 100000);
  const Bytes content(size, '\xa5');
  const auto file = dir.write("f", content);
  CHECK(read_file(file) == content);
  CHECK(read_file_if_exists(file) == content);
}

TEST_CASE("a file that reports no size is read completely") {
  CHECK(read_file("/proc/self/cmdline").size() > 1);
}

TEST_CASE("a file is read with its status") {
  const TempDir dir;
  const auto file = dir.write("f", "four", 0604);
  const FileStatus expected{FileStatus::Kind::file, 0604, ::getuid(), ::getgid(), 4};
  CHECK(load_file(file).status == expected);
  CHECK(file_status(file) == expected);
  CHECK(file_status(dir.path())->kind == FileStatus::Kind::directory);
  CHECK(file_status("/dev/null")->kind == FileStatus::Kind::other);
}

TEST_CASE("a missing file is an error only if the caller requires it") {
  const TempDir dir;
  CHECK(failure_of([&] { read_file(dir / "none"); }) == ENOENT);
  CHECK_THROWS_WITH(read_file(dir / "none"), (dir / "none").string() + ": open: No such file or directory");
  CHECK(read_file_if_exists(dir / "none") == std::nullopt);
  CHECK(file_status(dir / "none") == std::nullopt);
  const auto file = dir.write("f", "");
  CHECK(read_file_if_exists(file / "below") == std::nullopt);
  CHECK(file_status(file / "below") == std::nullopt);
}

TEST_CASE("a path that is not a regular file is refused without waiting") {
  const TempDir dir;
  CHECK(failure_of([&] { read_file(dir.path()); }) == EISDIR);
  const auto pipe = dir / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(failure_of([&] { read_file(pipe); }) == EINVAL);
}

TEST_CASE("a device or pipe that another program names is not even opened") {
  const TempDir dir;
  const auto pipe = dir / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  REQUIRE(::inotify_add_watch(watch.get(), pipe.c_str(), IN_OPEN) >= 0);
  CHECK(failure_of([&] { load_file_past_no_foreign_link(pipe); }) == EINVAL);
  std::array<char, 512> events{};
  CHECK(::read(watch.get(), events.data(), events.size()) == -1);
}

TEST_CASE("a file that is too large is refused, and not read") {
  const TempDir dir;
  const auto file = dir.write("f", "12345");
  CHECK(read_file(file, 5) == "12345");
  CHECK_THROWS_WITH(read_file(file, 4), file.string() + ": larger than 4 bytes, and therefore not read");
  CHECK_THROWS_WITH(read_file("/proc/self/cmdline", 4),
                    "/proc/self/cmdline: larger than 4 bytes, and therefore not read");
  std::filesystem::resize_file(file, std::uintmax_t{1} << 40);  // takes no space
  CHECK_THROWS_AS(read_file_if_exists(file), Error);
  CHECK_THROWS_AS(load_file_past_no_foreign_link(file), Error);
}

TEST_CASE("a link that leads nowhere is there") {
  const TempDir dir;
  std::filesystem::create_symlink("circle", dir / "circle");
  std::filesystem::create_symlink("nothing", dir / "broken");
  for (const char* name : {"circle", "broken"}) {
    CHECK(is_there(dir / name));
    CHECK_FALSE(is_visible_file(dir / name));
    CHECK_FALSE(visible_status(dir / name));
  }
  CHECK_FALSE(is_there(dir / "none"));
}

TEST_CASE("a file is replaced with the given mode, and no temporary file is left") {
  const TempDir dir;
  const auto file = dir.write("f", "old", 0644);
  write_file_atomically(file, "new content", 0600);
  CHECK(read_file(file) == "new content");
  CHECK(file_status(file)->mode == 0600);
  CHECK(directory_names(dir.path()) == std::vector<std::string>{"f"});
}

TEST_CASE("a file that cannot be replaced does not change") {
  const TempDir dir;
  dir.write("d/inside", "");
  CHECK(failure_of([&] { write_file_atomically(dir / "d", "x", 0600); }) == EISDIR);
  CHECK(directory_names(dir.path()) == std::vector<std::string>{"d"});
  CHECK(failure_of([&] { write_file_atomically(dir / "none" / "f", "x", 0600); }) == ENOENT);
}

TEST_CASE("the names in a directory are sorted and complete") {
  const TempDir dir;
  for (const char* name : {"b", "a", ".hidden", "c d"})
    dir.write(name, "");
  CHECK(directory_names(dir.path()) == std::vector<std::string>{".hidden", "a", "b", "c d"});
  CHECK(directory_names(dir / "none") == std::nullopt);
  CHECK(failure_of([&] { directory_names(dir / "a"); }) == ENOTDIR);
}

TEST_CASE("only a link is read as a link") {
  const TempDir dir;
  std::filesystem::create_symlink("to/there", dir / "link");
  CHECK(read_link_if_readable(dir / "link") == "to/there");
  CHECK(read_link_if_readable(dir.path()) == std::nullopt);
  CHECK(read_link_if_readable(dir / "none") == std::nullopt);
}

TEST_CASE("a link of another user is not followed") {
  REQUIRE(::geteuid() == 0);  // only root can give links away
  const TempDir dir;
  dir.write("secret/file", "secret");
  dir.write("home/mine", "mine");
  const auto text = [&](const std::string& path) { return load_file_past_no_foreign_link(dir / path).bytes; };
  CHECK(text("home/mine") == "mine");
  CHECK(text("home/../home/./mine") == "mine");

  std::filesystem::create_symlink(dir / "secret/file", dir / "home/file");
  std::filesystem::create_symlink("../secret", dir / "home/directory");
  CHECK(text("home/file") == "secret");
  CHECK(text("home/directory/file") == "secret");

  constexpr uid_t other = 65534;
  for (const char* link : {"home/file", "home/directory"})
    REQUIRE(::lchown((dir / link).c_str(), other, other) == 0);
  CHECK_THROWS_WITH(
      text("home/file"),
      dir.path().string() + "/home/file: leads through the symbolic link 'file', which is another user's");
  CHECK_THROWS_WITH(text("home/directory/file"), dir.path().string() +
                                                     "/home/directory/file: leads through the symbolic link "
                                                     "'directory', which is another user's");
  std::filesystem::create_symlink("circle", dir / "circle");
  CHECK(failure_of([&] { text("circle"); }) == ELOOP);
  CHECK(failure_of([&] { text("home/none"); }) == ENOENT);
  CHECK(failure_of([&] { text("home/mine/x"); }) == ENOTDIR);
  CHECK(failure_of([&] { text("home"); }) == EISDIR);
}

TEST_CASE("a file is read as a process with another root directory sees it") {
  const TempDir dir;
  dir.write("root/lib/file", "theirs");
  dir.write("lib/file", "ours");
  std::filesystem::create_symlink("/lib/file", dir / "root/absolute");
  std::filesystem::create_symlink("../../../lib/file", dir / "root/lib/up");
  for (const char* path : {"/lib/file", "/absolute", "/lib/up", "/../lib/file", "/lib/../../../lib/file"})
    CHECK(read_file_in_root(dir / "root", path) == "theirs");
  CHECK(failure_of([&] { read_file_in_root(dir / "root", "/none"); }) == ENOENT);
  CHECK(failure_of([&] { read_file_in_root(dir / "root", "/lib"); }) == EISDIR);
}

TEST_CASE("a tree is removed with what is in it, but not what its links lead to") {
  const TempDir dir;
  dir.write("kept/file", "x");
  dir.write("tree/sub/file", "x");
  REQUIRE(::symlink((dir.path() / "kept").c_str(), (dir.path() / "tree/sub/link").c_str()) == 0);
  remove_tree(dir.path() / "tree");
  CHECK(directory_names(dir.path()) == std::vector<std::string>{"kept"});
  CHECK(read_file(dir.path() / "kept/file") == "x");
  remove_tree(dir.path() / "tree");
  remove_tree(dir.path() / "kept/file");
  CHECK(directory_names(dir.path() / "kept") == std::vector<std::string>{});
}

TEST_CASE("missing directories are made, existing ones are left alone") {
  const TempDir dir;
  REQUIRE(make_directory(dir.path() / "a", 0700));
  make_directories(dir.path() / "a/b/c", 0751);
  make_directories(dir.path() / "a/b/c", 0700);
  CHECK(file_status(dir.path() / "a").value().mode == 0700);
  CHECK(file_status(dir.path() / "a/b").value().mode == 0751);
  CHECK(file_status(dir.path() / "a/b/c").value().mode == 0751);
}

TEST_CASE("a file gets a second name, and an existing file is not replaced") {
  const TempDir dir;
  const auto file = dir.write("one", "1");
  link_or_copy(file, dir.path() / "two");
  CHECK(read_file(dir.path() / "two") == "1");
  CHECK(failure_of([&] { link_or_copy(file, dir.path() / "two"); }) == EEXIST);
  CHECK(failure_of([&] { link_or_copy(dir.path() / "none", dir.path() / "three"); }) == ENOENT);
}

TEST_CASE("a path becomes absolute and loses its dots") {
  CHECK(absolute_path("/a/./b/../c") == "/a/c");
  CHECK(absolute_path("x") == std::filesystem::current_path() / "x");
  CHECK(absolute_path("./x/..") == std::filesystem::current_path() / "");
}

TEST_CASE("the free space of a file system is known, if it exists") {
  CHECK(free_space("/").has_value());
  CHECK_FALSE(free_space("/no/such/directory"));
}

TEST_CASE("a file has one identity, whatever its name") {
  const TempDir dir;
  const auto file = dir.write("a/file", "x");
  std::filesystem::create_symlink(file, dir / "link");
  CHECK(file_identity(file) == file_identity(dir / "link"));
  CHECK(file_identity(file) != file_identity(dir.write("b/file", "x")));
  CHECK(file_identity(dir / "none") == std::nullopt);
  CHECK(file_identity(dir / "a/file/none") == std::nullopt);
}

TEST_CASE("the existing part of a path is found") {
  const TempDir dir;
  dir.write("a/file", "x");
  CHECK(existing_part(dir / "a") == dir / "a");
  CHECK(existing_part(dir / "a/b/c") == dir / "a");
  CHECK(existing_part(dir / "a/file/c") == dir / "a/file");
  CHECK(existing_part("/erlrc-no-such-directory/a") == "/");
}
