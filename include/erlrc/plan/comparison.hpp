// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/beam/library.hpp>
#include <erlrc/term/term.hpp>

// Whether the code that a node runs is the code that is installed: its modules and its shared libraries.

namespace erlrc {

struct RunningModule {
  enum class Origin { file, cover_compiled, made };  ///< made: while the node ran
  Atom name;
  Origin origin = Origin::file;
  std::string file;  ///< it was loaded from
  Bytes md5;
  bool old_code = false;  ///< a process still runs the code that it had before
  bool operator==(const RunningModule&) const = default;
};

struct RunningLibrary {
  std::string file;                             ///< by the name with which it was loaded
  std::vector<Atom> modules;                    ///< with functions in it, as far as it shows them
  bool replaced = false;                        ///< stays only for what it has created (erlrc_pins)
  std::optional<std::vector<FixedPart>> parts;  ///< nullopt: the emulator cannot read its memory
  bool operator==(const RunningLibrary&) const = default;
};

struct RunningCode {
  std::vector<std::string> path;  ///< the code path
  std::vector<RunningModule> modules;
  std::vector<RunningLibrary> libraries;
  bool operator==(const RunningCode&) const = default;
};

/// What is on disk of that.
struct InstalledCode {
  /// The file of each module to which the code path leads; none: it is in no directory of the path.
  std::map<Atom, std::string> found;
  /// The digests of modules' files; nullopt: no such file. A file that is not here was not read.
  std::map<std::string, std::optional<Bytes>> beams;
  /// The libraries around the files of modules that have functions in some.
  std::map<Atom, std::vector<std::vector<FixedPart>>> libraries;
  /// The files by whose names libraries were loaded.
  std::map<std::string, std::optional<std::vector<FixedPart>>> files;
};

struct Difference {
  enum class Kind {
    other_code,       ///< a module whose file has other code
    shadowed,         ///< a module that was loaded from its file, but the code path leads to other code
    no_file,          ///< a module whose file is gone
    cover_compiled,   ///< a module that is compiled for cover(3erl)
    old_code,         ///< a process still runs the code before the last change
    other_library,    ///< a module uses a library that is not installed around it
    replaced_library  ///< a library whose file has other code, or is gone
  };
  Kind kind = Kind::other_code;
  std::string what;  ///< the module, or the file of the library
  std::string file;  ///< where it is expected; of another library, by what name it was loaded
  bool operator==(const Difference&) const = default;
};

struct Comparison {
  std::size_t modules = 0;    ///< that were compared
  std::size_t libraries = 0;  ///< the same
  std::vector<Difference> differences;
  bool operator==(const Comparison&) const = default;
};

/// A module that was made while the node ran is the application's own and is not compared, nor one that lies
/// in an archive, nor a library that was replaced.
Comparison compare(const RunningCode& running, const InstalledCode& installed);

}  // namespace erlrc
