// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/rpm.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/child_program.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// Runs a query; its output has the messages of rpm, too. The exit status is that of a failure also if rpm
/// does not know one of the packages, so only the messages show that the database cannot be read. Digests and
/// signatures are not looked at: rpm and dnf verify the archives before their plugins call us. The rcfile is
/// only about which architectures fit this machine; without it rpm starts in three quarters of the time.
std::string query(const std::vector<std::string>& options, const std::vector<std::string>& about,
                  Deadline until) {
  std::vector<std::string> command{"rpm", "--rcfile=/dev/null", "--query", "--nosignature", "--nodigest"};
  std::ranges::copy(options, std::back_inserter(command));
  command.emplace_back("--");
  std::ranges::copy(about, std::back_inserter(command));
  std::string output;
  (void)reports(command, output, until);
  for (const std::string_view line : lines(output))
    if (line.starts_with("error: ")) throw Error("rpm: " + one_line(line));
  return output;
}

std::vector<std::string> lines_of(const std::string& text) {
  const auto all = lines(text);
  return {all.begin(), all.end()};
}

bool runs(const std::string& script, const std::vector<std::string>& arguments, std::string& output,
          Deadline until) {
  std::vector<std::string> command{"sh", "-c", script, "sh"};
  std::ranges::copy(arguments, std::back_inserter(command));
  return within("rpm", [&] { return succeeds(command, output, until); });
}

}  // namespace

std::string query_rpm_archives(const std::vector<std::string>& archives, const std::string& format,
                               Deadline until) {
  return query({"--package", "--queryformat", format}, archives, until);
}

std::string query_rpm_packages(const std::vector<std::string>& packages, const std::string& format,
                               Deadline until) {
  return query({"--queryformat", format}, packages, until);
}

std::vector<std::string> rpm_files(const std::string& package, Deadline until) {
  return lines_of(query({"--list"}, {package}, until));
}

std::vector<std::string> rpm_archive_files(const std::string& archive, Deadline until) {
  return lines_of(query({"--package", "--list"}, {archive}, until));
}

std::optional<std::string> rpm_archive_file(const fs::path& archive, const fs::path& file, Deadline until) {
  std::string content;
  if (!runs(R"(rpm2archive -n - <"$1" | tar --extract --to-stdout --occurrence=1 "$2")",
            {archive.string(), "./" + file.relative_path().string()}, content, until))
    return std::nullopt;
  return content;
}

std::string rpm_archive_cpio(const fs::path& archive, Deadline until) {
  std::string content;
  if (!within("rpm", [&] { return succeeds({"rpm2cpio", archive.string()}, content, until); }))
    throw Error(archive.string() + ": rpm2cpio cannot read it");
  return content;
}

// `tar` unpacks from a file, not from a pipe: a shell reports only the end of the last program in a pipe,
// and an archive that was cut may end like a whole one. tar makes links that lead out of the directory
// last, so that no file is written through one.
bool extract_rpm(const fs::path& archive, const fs::path& directory, Deadline until) {
  const std::string file = directory.string() + ".tar";
  try {
    std::string output;
    const bool done =
        runs(R"(umask 022 && exec rpm2archive -n - <"$1" >"$2")", {archive.string(), file}, output, until) &&
        runs(R"(umask 022 && exec tar --extract --file "$1" --directory "$2")", {file, directory.string()},
             output, until);
    remove_file(file);
    return done;
  } catch (const Error&) {
    remove_file(file);
    throw;
  }
}

}  // namespace erlrc
