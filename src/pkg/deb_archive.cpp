// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/pkg/deb_archive.hpp>

#include <apt-pkg/debfile.h>
#include <apt-pkg/dirstream.h>
#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

// libapt-pkg does not throw: it puts messages on a stack, of which each thread has its own.

namespace erlrc {
namespace {

/// What is read into memory may be so many times larger than the archive, or so many bytes. Applications have
/// a few megabytes and a third of that in an archive; more is a mistake or an attack.
constexpr unsigned long long kMostTimes = 4;
constexpr unsigned long long kMostBytes = 32ULL << 20;

/// An entry takes so much for its place in a map.
constexpr unsigned long long kBytesPerEntry = 256;

/// Takes the messages of libapt-pkg, as one line.
std::string take_messages() {
  std::vector<std::string> all;
  while (!_error->empty())
    _error->PopMessage(all.emplace_back());
  return all.empty() ? "cannot be read" : join(all, "; ");
}

/// Keeps the files of a tar archive that a subclass chooses in memory.
class Collector : public pkgDirStream {
public:
  /// The size of the archive.
  void allow_for(unsigned long long size) { left_ = std::max(kMostBytes, kMostTimes * size); }

  bool DoItem(Item& item, int& fd) override {
    fd = -1;  // skip it
    if (item.Name == nullptr) return true;
    const bool chosen = item.Type == Item::File && is_chosen(item.Name);
    const bool linked = !chosen && item.LinkTarget != nullptr;
    if ((chosen || linked) && !spend(item, chosen ? item.Size : 0))
      return _error->Error("%s: too large to be read", item.Name);
    if (chosen) {
      current_.clear();
      current_.reserve(item.Size);
      fd = -2;  // give it to Process
      is_taken_ = true;
    } else if (linked) {
      link(item);
    }
    return true;
  }

  bool Process(Item&, const unsigned char* data, unsigned long long size, unsigned long long) override {
    current_.append(reinterpret_cast<const char*>(data), size);
    return true;
  }

  // Called for skipped files, too.
  bool FinishedFile(Item& item, int) override {
    if (std::exchange(is_taken_, false)) take(item.Name, std::exchange(current_, {}));
    return true;
  }

protected:
  virtual bool is_chosen(std::string_view name) const = 0;
  virtual void take(std::string_view name, Bytes bytes) = 0;
  virtual void link(const Item&) {}

private:
  bool spend(const Item& item, unsigned long long bytes) {
    const auto length = [](const char* text) { return text == nullptr ? 0 : std::string_view(text).size(); };
    const unsigned long long all = bytes + length(item.Name) + length(item.LinkTarget) + kBytesPerEntry;
    if (bytes > left_ || all > left_) return false;
    left_ -= all;
    return true;
  }

  bool is_taken_ = false;
  Bytes current_;
  unsigned long long left_ = kMostBytes;
};

class Member : public Collector {
public:
  explicit Member(std::string name) : name_(std::move(name)) {}
  std::optional<Bytes> found;

private:
  bool is_chosen(std::string_view name) const override {
    return name == name_ || (name.starts_with("./") && name.substr(2) == name_);
  }
  void take(std::string_view, Bytes bytes) override { found = std::move(bytes); }

  std::string name_;
};

class Applications : public Collector {
public:
  ArchiveFiles files;

private:
  bool is_chosen(std::string_view name) const override { return is_application_file(name); }
  void take(std::string_view name, Bytes bytes) override {
    files.add_file(std::string(name), std::move(bytes));
  }
  void link(const Item& item) override {
    if (item.Type == Item::SymbolicLink) files.add_symbolic_link(item.Name, item.LinkTarget);
    if (item.Type == Item::HardLink) files.add_hard_link(item.Name, item.LinkTarget);
  }
};

/// Opens the archive and calls `read` with it.
template <typename Read>
void with_archive(const std::filesystem::path& path, Collector& collector, Read read) {
  FileFd file;
  if (file.Open(path.string(), FileFd::ReadOnly)) {
    collector.allow_for(file.Size());
    debDebFile deb(file);
    if (!_error->PendingError() && read(deb) && !_error->PendingError()) {
      _error->Discard();
      return;
    }
  }
  throw Error(path.string() + ": " + take_messages());
}

}  // namespace

std::optional<Bytes> read_control_member(const std::filesystem::path& archive, const std::string& member) {
  Member collector(member);
  with_archive(archive, collector,
               [&](debDebFile& deb) { return deb.ExtractTarMember(collector, "control.tar"); });
  return std::move(collector.found);
}

ArchiveFiles read_application_files(const std::filesystem::path& archive) {
  Applications collector;
  with_archive(archive, collector, [&](debDebFile& deb) { return deb.ExtractArchive(collector); });
  return std::move(collector.files);
}

}  // namespace erlrc
