// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/transaction/rpm.hpp>

// Archives of rpm: a lead, a header with signatures, the header, and the payload, a compressed archive of
// cpio; see rpm's manual, "RPM V4 Package format". Nothing is verified: rpm and dnf have done that before
// they call us. rpm's own programs print the same, but each takes 5 to 10 ms to start.

namespace erlrc {

struct RpmArchive {
  RpmPackage package;
  std::size_t payload = 0;               ///< where it begins; 0: only rpm can read it
  std::vector<std::string> app_files{};  ///< the .app files in directories ebin, if we read the archive
  bool operator==(const RpmArchive&) const = default;
};

/// Reads the headers, the same as parse_rpm_query. Throws ShortRead if `front`, the beginning of the archive,
/// does not contain them, and Error if it is not an archive of this format.
RpmArchive parse_rpm_archive(BytesView front);

/// The content of a file, of which the payload has the absolute path; nullopt if it is not there, or if the
/// payload is one that only rpm can read: not compressed with gzip, damaged, or with files of 4 GB.
std::optional<std::string> rpm_payload_file(BytesView payload, std::string_view path);

/// The payload, an archive of cpio; nullopt if it is one that only rpm can read, as above.
std::optional<Bytes> rpm_payload(BytesView payload);

/// A file, or a symbolic link: its content is the target.
struct CpioFile {
  std::string_view path;  ///< as in the archive: `./usr/lib`
  bool is_link = false;
  BytesView content;
};

/// Calls `visit` for all files and symbolic links of an archive of cpio, also for each hard link. Throws
/// Error or ShortRead if it is damaged.
void for_each_cpio_file(BytesView archive, const std::function<void(const CpioFile&)>& visit);

}  // namespace erlrc
