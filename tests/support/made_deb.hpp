// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>

// Debian archives made in memory, without compression: ar(5) of tar(5), as in deb(5).

namespace erlrc::test {

/// One entry of a tar archive.
struct TarEntry {
  std::string name;
  Bytes bytes{};
  char type = '0';  ///< 0 a file, 1 a hard link, 2 a symbolic link, 5 a directory
  std::string target{};
};

inline Bytes padded(Bytes bytes, std::size_t to, char with = '\0') {
  bytes.resize((bytes.size() + to - 1) / to * to, with);
  return bytes;
}

inline Bytes tar_header(const TarEntry& entry) {
  Bytes header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  char size[13];
  std::snprintf(size, sizeof size, "%011zo", entry.bytes.size());
  put(0, entry.name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, size);
  put(136, "00000000000");
  put(148, "        ");
  put(156, std::string(1, entry.type));
  put(157, entry.target);
  put(257, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (char byte : header)
    sum += static_cast<unsigned char>(byte);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  header.replace(148, 7, std::string(text, 7));
  return header;
}

inline Bytes tar(const std::vector<TarEntry>& entries) {
  Bytes all;
  for (const TarEntry& entry : entries)
    all += tar_header(entry) + padded(entry.bytes, 512);
  return all + Bytes(1024, '\0');
}

inline Bytes ar_member(const std::string& name, const Bytes& bytes) {
  char header[61];
  std::snprintf(header, sizeof header, "%-16s%-12s%-6s%-6s%-8s%-10zu`\n", name.c_str(), "0", "0", "0",
                "100644", bytes.size());
  return header + padded(bytes, 2, '\n');
}

/// A whole .deb.
inline Bytes deb(const std::vector<TarEntry>& control, const std::vector<TarEntry>& data) {
  return "!<arch>\n" + ar_member("debian-binary", "2.0\n") + ar_member("control.tar", tar(control)) +
         ar_member("data.tar", tar(data));
}

}  // namespace erlrc::test
