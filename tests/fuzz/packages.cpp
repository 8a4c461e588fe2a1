// SPDX-License-Identifier: BSD-3-Clause
// What packages contain, and what package managers hand over.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <erlrc/base/text.hpp>
#include <erlrc/pkg/apt_hook.hpp>
#include <erlrc/pkg/deb_archive.hpp>
#include <erlrc/site/dpkg.hpp>
#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/dpkg.hpp>
#include <erlrc/transaction/relations.hpp>
#include <erlrc/transaction/rpm.hpp>
#include <erlrc/transaction/rpm_archive.hpp>
#include <erlrc/transaction/run_record.hpp>

#include "fuzz.hpp"

namespace erlrc::test {
namespace {

/// Fast, not small.
Bytes gzipped(BytesView bytes) {
  z_stream stream{};
  constexpr int gzip = 16 + MAX_WBITS, memory = 8;
  claim(deflateInit2(&stream, Z_NO_COMPRESSION, Z_DEFLATED, gzip, memory, Z_DEFAULT_STRATEGY) == Z_OK,
        "zlib is there");
  Bytes out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  claim(deflate(&stream, Z_FINISH) == Z_STREAM_END, "it is compressed");
  out.erase(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

void fuzz_hook(BytesView input) {
  std::vector<std::string> args;
  for (const std::string_view part : split(input, '\0'))
    args.emplace_back(part);
  const std::string name = args.front();
  args.erase(args.begin());
  if (const auto script = parse_script(name)) (void)moment_of(*script, args);
  (void)rpm_moment(name);
  const std::string package = package_of_file_name(name);
  claim(!is_package_name(package) || package.find('/') == package.npos,
        "the name of a package is not a path");
  claim(!is_rpm_name(name) || (name.find('/') == name.npos && !name.starts_with('.')),
        "the name of a package is not a path");
}

void fuzz_member(BytesView input) {
  const auto member = unless_error([&] { return parse_control_member(input, "erlrc"); });
  if (member)
    for (const PackagedApp& app : member->apps)
      claim(app.location.known_as.starts_with('/'), "applications of packages have absolute paths");
  for (const Stanza& stanza : parse_stanzas(input)) {
    const PackageRelations relations = relations_of(stanza);
    for (const Alternatives& alternatives : relations.needs)
      for (const Relation& relation : alternatives) {
        (void)to_string(relation);
        (void)means(relation, relations.version);
      }
    claim(compare_package_versions(relations.version, relations.version) == 0, "a version equals itself");
  }
}

void fuzz_record(BytesView input) {
  const auto record = unless_error([&] { return decode_run_record(input); });
  if (!record) return;
  const std::string text = encode_run_record(*record);
  claim(decode_run_record(text) == *record, "a record is read back");
}

void fuzz_rpm(BytesView input) {
  unless_error([&] { return parse_rpm_elements(input); });
  for (const RpmPackage& package : parse_rpm_query(input))
    claim(compare_package_versions(package.relations.version, package.relations.version) == 0,
          "a version equals itself");
}

/// The input is an archive; or else what is in its payload, which libFuzzer could not change if it were
/// compressed.
void fuzz_rpm_archive(BytesView input) {
  std::optional<RpmArchive> archive;
  try {
    archive = unless_error([&] { return parse_rpm_archive(input); });
  } catch (const ShortRead&) {
    archive = std::nullopt;
  }
  const std::string path = "/usr/lib/erlrc/packages/two/1:2.0-3";
  if (archive) {
    claim(archive->payload <= input.size(), "the payload is in the archive");
    (void)rpm_payload_file(input.substr(archive->payload), path);
  }
  const auto file = rpm_payload_file(gzipped(input), path);
  claim(!file || (!file->empty() && input.find(*file) != input.npos), "a file is a part of the payload");
}

void fuzz_apt(BytesView input) {
  const auto config = unless_error([&] { return parse_apt_config(input); });
  if (config) (void)config->value("Erlrc::Preflight");
  unless_error([&] { return parse_apt_actions(input); });
}

void fuzz_deb(BytesView input) {
  static const int file = ::memfd_create("fuzz.deb", 0);
  claim(file >= 0 && ::ftruncate(file, 0) == 0, "there is a file");
  claim(::pwrite(file, input.data(), input.size(), 0) == static_cast<ssize_t>(input.size()), "it is written");
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  unless_error([&] { return read_control_member(path, "erlrc"); });
  const auto files = unless_error([&] { return read_application_files(path); });
  if (!files) return;
  for (const std::string& found : files->files_below("/"))
    claim(files->read(found).has_value(), "a listed file can be read");
}

}  // namespace erlrc::test
