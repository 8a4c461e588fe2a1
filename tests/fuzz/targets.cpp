// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "fuzz.hpp"

namespace erlrc::test {

std::span<const FuzzTarget> fuzz_targets() {
  static constexpr std::array<FuzzTarget, 22> targets{{
      {"term", "term", ".etf", 20'000, fuzz_term},
      {"text", "term", ".term", 20'000, fuzz_text},
      {"edit", "", "", 4'000, fuzz_edit},
      {"app", "", "", 20'000, fuzz_app},
      {"appup", "", "", 20'000, fuzz_appup},
      {"beam", "app/otp25", ".beam", 60'000, fuzz_beam},
      {"code", "", "", 4'000, fuzz_code},
      {"library", "", "", 4'000, fuzz_library},
      {"handshake", "", "", 2'000, fuzz_handshake},
      {"link", "", "", 20'000, fuzz_link},
      {"session", "", "", 20'000, fuzz_session},
      {"epmd", "", "", 4'000, fuzz_epmd},
      {"answers", "", "", 20'000, fuzz_answers},
      {"entry", "", "", 2'000, fuzz_entry},
      {"hook", "", "", 2'000, fuzz_hook},
      {"member", "", "", 8'000, fuzz_member},
      {"record", "", "", 8'000, fuzz_record},
      {"rpm", "", "", 8'000, fuzz_rpm},
      {"rpm_archive", "rpm", ".rpm", 8'000, fuzz_rpm_archive},
      {"apt", "", "", 8'000, fuzz_apt},
      {"deb", "", "", 40'000, fuzz_deb},
      {"report", "", "", 4'000, fuzz_report},
  }};
  return targets;
}

}  // namespace erlrc::test
