// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a call of a package manager means for running nodes, whichever package manager it is.

namespace erlrc {

/// What has happened, or is about to happen, to the package whose script is called, or, in the last group, to
/// all packages of the run.
enum class Moment {
  about_to_unpack,     ///< the new version is about to be unpacked; only the old files are on disk
  both_on_disk,        ///< both versions are whole on disk, and a failure makes the old one stay
  both_on_disk_again,  ///< the same, after the first of these calls has failed
  unpack_failed,       ///< the new files are about to be removed
  old_files_restored,  ///< the new files are removed
  given_up,            ///< the old version is configured again: the end of an upgrade that was aborted
  configured,          ///< all packages are unpacked, and this one is complete
  stays_installed,     ///< its removal, or its deconfiguration, was aborted
  about_to_remove,     ///< its files are about to be removed
  removed,             ///< its files are removed
  forgotten,           ///< nothing of the package is left

  run_begins,     ///< it is known what will be unpacked and removed; nothing was yet
  run_unpacks,    ///< the new version of the calling package is about to be unpacked
  run_unpacked,   ///< all new files of the run are on disk; the calling version is about to be removed
  run_ended,      ///< nothing more is unpacked or removed
  run_recovered,  ///< an earlier run may have ended early
};

}  // namespace erlrc
