// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/dpkg.hpp>

namespace erlrc {
namespace {

struct Row {
  Script script;
  std::string_view argument;
  Moment moment;
};

// The calls of the policy manual (6.5 to 6.8) that mean something. Those that are absent: prerm `upgrade` and
// `failed-upgrade`, preinst `install`, postinst `triggered`, and prerm `deconfigure`, after which the files
// stay, and so does what runs. In every call of an upgrade but the new postinst's, dpkg's records name the
// old version as the installed one.
constexpr Row rows[] = {
    {Script::preinst, "upgrade", Moment::about_to_unpack},
    {Script::postrm, "upgrade", Moment::both_on_disk},
    {Script::postrm, "failed-upgrade", Moment::both_on_disk_again},
    {Script::preinst, "abort-upgrade", Moment::unpack_failed},
    {Script::postrm, "abort-upgrade", Moment::old_files_restored},
    {Script::postinst, "abort-upgrade", Moment::given_up},
    {Script::postinst, "configure", Moment::configured},
    {Script::postinst, "abort-remove", Moment::stays_installed},
    {Script::postinst, "abort-deconfigure", Moment::stays_installed},
    {Script::prerm, "remove", Moment::about_to_remove},
    {Script::postrm, "remove", Moment::removed},  // a package that was never configured gets no prerm
    {Script::postrm, "abort-install", Moment::forgotten},
    {Script::postrm, "purge", Moment::forgotten},
    {Script::postrm, "disappear", Moment::forgotten},
};

}  // namespace

std::optional<Script> parse_script(std::string_view name) {
  if (name == "preinst") return Script::preinst;
  if (name == "postinst") return Script::postinst;
  if (name == "prerm") return Script::prerm;
  if (name == "postrm") return Script::postrm;
  return std::nullopt;
}

std::optional<Moment> moment_of(Script script, const std::vector<std::string>& args) {
  if (args.empty()) return std::nullopt;
  for (const Row& row : rows)
    if (row.script == script && row.argument == args.front()) return row.moment;
  return std::nullopt;
}

}  // namespace erlrc
