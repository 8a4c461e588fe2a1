// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace erlrc {

/// The decision that all nodes commit, as a file. It is written before the first verdict is sent. A prepared
/// node that loses us, because we were killed, commits if the file exists, and is rolled back otherwise: so
/// all nodes end alike, whichever of them had their verdict. A file that a killed process has left is gone
/// with the next boot.
class CommitRecord {
public:
  /// Chooses the name of the file: it is in $ERLRC_RUN/commits, where only root can make files.
  CommitRecord();

  const std::string& file() const { return file_; }

  /// Writes the file. Throws SystemError if it cannot be written, unless that is because we are not root:
  /// then nodes that lose us are rolled back.
  void write() const;

  /// Removes the file, if there is one: all nodes have heard of the decision.
  void forget() const;

private:
  std::string file_;
};

}  // namespace erlrc
