// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/rpm_archive.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/beam/inflate.hpp>

#include "rpm_relation.hpp"

namespace erlrc {
namespace {

constexpr std::size_t lead_size = 96;

enum Tag : std::uint32_t {
  tag_name = 1000,
  tag_version = 1001,
  tag_release = 1002,
  tag_epoch = 1003,
  tag_arch = 1022,
  tag_provide_name = 1047,
  tag_require_flags = 1048,
  tag_require_name = 1049,
  tag_require_version = 1050,
  tag_conflict_flags = 1053,
  tag_conflict_name = 1054,
  tag_conflict_version = 1055,
  tag_provide_flags = 1112,
  tag_provide_version = 1113,
  tag_dir_indexes = 1116,
  tag_base_names = 1117,
  tag_dir_names = 1118,
};

/// One header: an index of entries, each with its tag, type, offset and count, and a store of their data.
class Header {
public:
  /// Moves `reader` past the header.
  explicit Header(ByteReader& reader) {
    if (reader.take(4) != "\x8e\xad\xe8\x01") throw Error("not an archive of rpm");
    reader.take(4);
    const std::size_t entries = reader.u32(), size = reader.u32();
    index_ = reader.take(entries * entry_size);
    store_ = reader.take(size);
  }

  std::size_t size() const { return index_.size() + store_.size(); }

  /// The texts of an entry; empty without that entry.
  std::vector<std::string> texts(Tag tag) const {
    std::vector<std::string> all;
    const auto entry = find(tag);
    if (!entry) return all;
    check_count(tag, *entry);
    BytesView data = store_.substr(std::min<std::size_t>(entry->offset, store_.size()));
    for (std::uint32_t i = 0; i < entry->count; ++i) {
      const std::size_t end = data.find('\0');
      if (end == BytesView::npos) throw Error("broken header");
      all.emplace_back(data.substr(0, end));
      data.remove_prefix(end + 1);
    }
    return all;
  }

  std::string text(Tag tag) const {
    const auto all = texts(tag);
    if (all.empty()) throw Error("broken header");
    return all.front();
  }

  std::vector<std::uint32_t> numbers(Tag tag) const {
    std::vector<std::uint32_t> all;
    const auto entry = find(tag);
    if (!entry) return all;
    check_count(tag, *entry);
    ByteReader data(store_.substr(std::min<std::size_t>(entry->offset, store_.size())));
    if (entry->count > data.left() / 4) throw Error("broken header");
    for (std::uint32_t i = 0; i < entry->count; ++i)
      all.push_back(data.u32());
    return all;
  }

private:
  static constexpr std::size_t entry_size = 16;
  struct Entry {
    std::uint32_t offset, count;
  };

  /// A text may be one byte of the archive, and takes a hundred here.
  static void check_count(Tag tag, const Entry& entry) {
    if (entry.count > most_rpm_relations)
      throw Error("broken header: " + std::to_string(entry.count) + " values of tag " + std::to_string(tag));
  }

  std::optional<Entry> find(Tag tag) const {
    for (ByteReader index(index_); !index.empty();) {
      const std::uint32_t found = index.u32();
      index.take(4);
      const Entry entry{index.u32(), index.u32()};
      if (found == tag) return entry;
    }
    return std::nullopt;
  }

  BytesView index_, store_;
};

/// As rpm prints the flags of a relation.
std::string operator_of(std::uint32_t flags) {
  constexpr std::uint32_t less = 2, greater = 4, equal = 8;
  return std::string(flags & less ? "<" : "") + (flags & greater ? ">" : "") + (flags & equal ? "=" : "");
}

Alternatives relations(const Header& header, Tag name, Tag flags, Tag version) {
  const auto names = header.texts(name), versions = header.texts(version);
  const auto kinds = header.numbers(flags);
  if (versions.size() != names.size() || kinds.size() != names.size()) throw Error("broken header");
  Alternatives all;
  for (std::size_t i = 0; i < names.size(); ++i)
    all.push_back(rpm_relation(names[i], operator_of(kinds[i]), versions[i]));
  return all;
}

RpmPackage package_of(const Header& header) {
  RpmPackage package{{header.text(tag_name), header.text(tag_version) + "-" + header.text(tag_release)},
                     header.text(tag_arch)};
  const auto epoch = header.numbers(tag_epoch);
  if (!epoch.empty() && epoch.front() != 0)
    package.relations.version = std::to_string(epoch.front()) + ":" + package.relations.version;
  for (Relation& one : relations(header, tag_require_name, tag_require_flags, tag_require_version))
    package.relations.needs.push_back({std::move(one)});
  package.relations.breaks = relations(header, tag_conflict_name, tag_conflict_flags, tag_conflict_version);
  package.relations.provides = relations(header, tag_provide_name, tag_provide_flags, tag_provide_version);
  for (std::string& directory : header.texts(tag_dir_names))
    package.directories.insert(std::move(directory));
  return package;
}

std::size_t padding(std::size_t size, std::size_t to) {
  return (to - size % to) % to;
}

/// A number of a header of cpio: eight hexadecimal digits.
std::size_t cpio_number(ByteReader& reader) {
  std::size_t number = 0;
  for (const char digit : reader.take(8)) {
    const auto at = std::string_view("0123456789abcdef").find(digit);
    const auto upper = std::string_view("0123456789ABCDEF").find(digit);
    if (at == std::string_view::npos && upper == std::string_view::npos) throw Error("broken payload");
    number = number * 16 + std::min(at, upper);
  }
  return number;
}

struct CpioEntry {
  std::size_t inode = 0, mode = 0, links = 0;
  BytesView name, content;
};

/// Reads an entry of "New ASCII Format", cpio(5). Throws Error for anything else.
CpioEntry next_entry(ByteReader& reader) {
  if (reader.take(6) != "070701") throw Error("broken payload");
  CpioEntry entry;
  entry.inode = cpio_number(reader);
  entry.mode = cpio_number(reader);
  reader.take(2 * 8);
  entry.links = cpio_number(reader);
  reader.take(8);
  const std::size_t size = cpio_number(reader);
  reader.take(4 * 8);
  const std::size_t name_size = cpio_number(reader);
  reader.take(8);
  const BytesView name = reader.take(name_size);
  entry.name = name.substr(0, name.find('\0'));
  reader.take(padding(reader.position(), 4));
  entry.content = reader.take(size);
  reader.take(std::min(padding(reader.position(), 4), reader.left()));
  return entry;
}

constexpr std::string_view cpio_end = "TRAILER!!!";

/// Only the last one of several hard links has the content, so no file counts as empty.
std::optional<std::string> cpio_file(BytesView archive, std::string_view name) {
  for (ByteReader reader(archive);;) {
    const CpioEntry entry = next_entry(reader);
    if (entry.name == cpio_end) return std::nullopt;
    if (entry.name != name) continue;
    return entry.content.empty() ? std::nullopt : std::optional(std::string(entry.content));
  }
}

/// The .app files in directories ebin.
std::vector<std::string> app_files_of(const Header& header) {
  const auto directories = header.texts(tag_dir_names), names = header.texts(tag_base_names);
  const auto places = header.numbers(tag_dir_indexes);
  if (places.size() != names.size()) throw Error("broken header");
  std::vector<std::string> files;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].ends_with(".app") && places[i] < directories.size() &&
        directories[places[i]].ends_with("/ebin/"))
      files.push_back(directories[places[i]] + names[i]);
  return files;
}

}  // namespace

RpmArchive parse_rpm_archive(BytesView front) {
  ByteReader reader(front);
  if (!reader.take(lead_size).starts_with("\xed\xab\xee\xdb")) throw Error("not an archive of rpm");
  const Header signatures(reader);
  reader.take(padding(signatures.size(), 8));
  const Header header(reader);
  return {package_of(header), reader.position(), app_files_of(header)};
}

std::optional<std::string> rpm_payload_file(BytesView payload, std::string_view path) {
  if (!is_gzip(payload)) return std::nullopt;
  try {
    return cpio_file(inflate_all(payload), "." + std::string(path));
  } catch (const Error&) {
    return std::nullopt;
  } catch (const ShortRead&) {
    return std::nullopt;
  }
}

void for_each_cpio_file(BytesView archive, const std::function<void(const CpioFile&)>& visit) {
  constexpr std::size_t kind = 0170000, regular = 0100000, link = 0120000;
  std::map<std::size_t, std::vector<BytesView>> others;  // the names of hard links before their content
  for (ByteReader reader(archive);;) {
    const CpioEntry entry = next_entry(reader);
    if (entry.name == cpio_end) return;
    const bool is_link = (entry.mode & kind) == link;
    if (!is_link && (entry.mode & kind) != regular) continue;
    if (entry.links > 1 && entry.content.empty()) {
      others[entry.inode].push_back(entry.name);
      continue;
    }
    visit({entry.name, is_link, entry.content});
    if (entry.links > 1)
      for (const BytesView name : others[entry.inode])
        visit({name, is_link, entry.content});
  }
}

std::optional<Bytes> rpm_payload(BytesView payload) {
  if (!is_gzip(payload)) return std::nullopt;
  try {
    return inflate_all(payload);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace erlrc
