// SPDX-License-Identifier: BSD-3-Clause
#include "rpm_archives.hpp"

#include <algorithm>
#include <utility>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/site/rpm.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/file_front.hpp>

namespace erlrc {
namespace {

/// Nullopt: it is not of the format that we know, or its headers are not among its first bytes.
std::optional<RpmArchive> opened(const std::string& archive) {
  constexpr std::size_t usual = std::size_t{1} << 17, most = std::size_t{1} << 25;
  try {
    for (std::size_t size = usual; size <= most; size *= 16) {
      const Bytes front = read_front(archive, size);
      try {
        return parse_rpm_archive(front);
      } catch (const ShortRead&) {
        if (front.size() < size) return std::nullopt;
      }
    }
  } catch (const Error&) {
  }
  return std::nullopt;
}

std::vector<RpmArchive> asked_of_rpm(const std::vector<std::string>& archives, Deadline until) {
  std::vector<RpmArchive> all;
  for (RpmPackage& package : parse_rpm_query(query_rpm_archives(archives, rpm_query_format, until)))
    all.push_back({std::move(package)});
  if (all.size() != archives.size()) throw Error("rpm does not show all of its archives");
  return all;
}

/// Nullopt: the file is not there, or only rpm can read the archive.
std::optional<std::string> from_payload(const std::string& archive, const RpmArchive& opened,
                                        const std::string& file) {
  if (opened.payload == 0) return std::nullopt;
  try {
    const Bytes whole = read_file(archive);
    return rpm_payload_file(BytesView(whole).substr(std::min(opened.payload, whole.size())), file);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The payload, read by rpm if only rpm can read it.
Bytes cpio_of(const std::string& archive, const RpmArchive& opened, Deadline until) {
  if (opened.payload != 0) {
    const Bytes whole = read_file(archive);
    if (auto cpio = rpm_payload(BytesView(whole).substr(std::min(opened.payload, whole.size()))))
      return *std::move(cpio);
  }
  return rpm_archive_cpio(archive, until);
}

}  // namespace

const std::string members_in_archives = "/usr/lib/erlrc/packages/";

std::optional<std::string> member_path(const RpmPackage& package) {
  const std::string directory = members_in_archives + package.relations.name + "/";
  if (!package.directories.contains(directory)) return std::nullopt;
  return directory + package.relations.version;
}

std::vector<RpmArchive> open_rpm_archives(const std::vector<std::string>& archives, Deadline until) {
  std::vector<RpmArchive> all;
  for (const std::string& archive : archives) {
    auto one = opened(archive);
    if (!one) return asked_of_rpm(archives, until);
    all.push_back(*std::move(one));
  }
  return all;
}

std::optional<std::string> file_of_archive(const std::string& archive, const RpmArchive& opened,
                                           const std::string& file, Deadline until) {
  if (auto text = from_payload(archive, opened, file)) return text;
  return rpm_archive_file(archive, file, until);
}

PackagedApps apps_among(const std::vector<std::string>& files,
                        const std::function<Bytes(const std::filesystem::path&)>& read) {
  PackagedApps apps;
  for (const std::filesystem::path file : files) {
    if (file.extension() != ".app" || file.parent_path().filename() != "ebin") continue;
    try {
      const AppSpec spec = parse_app_spec(read(file), file.string());
      apps.push_back({spec.name, spec.vsn, file.parent_path().string()});
    } catch (const Error&) {
      continue;
    }
  }
  return apps;
}

PackagedApps installed_apps(const std::string& package, const std::string& version, Deadline until) {
  const std::string label = package + "-" + version.substr(version.find(':') + 1);
  return apps_among(rpm_files(label, until),
                    [](const std::filesystem::path& file) { return read_file(file); });
}

ArchiveFiles files_of_archive(const std::string& archive, const RpmArchive& opened, Deadline until) {
  ArchiveFiles files;
  const auto keep = [&](const CpioFile& file) {
    const std::string path(file.path);
    if (file.is_link)
      files.add_symbolic_link(path, std::string(file.content));
    else if (is_application_file(path) || path.starts_with("." + members_in_archives))
      files.add_file(path, Bytes(file.content));
  };
  return within(archive, [&] {
    try {
      for_each_cpio_file(cpio_of(archive, opened, until), keep);
    } catch (const ShortRead&) {
      throw Error("broken payload");
    }
    return std::move(files);
  });
}

}  // namespace erlrc
