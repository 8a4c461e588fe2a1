// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/base/error.hpp>
#include <erlrc/transaction/control_member.hpp>

using namespace erlrc;

namespace {

std::string error_of(std::string_view text) {
  try {
    parse_control_member(text, "info/egerl.erlrc");
  } catch (const SyntaxError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a control member names an application, its version and its ebin on each line") {
  CHECK(parse_control_member("egerl_lib 1.2 /usr/lib/erlang/lib/egerl_lib-1.2/ebin\n"
                             "\tegerl\t 4.0.1~rc1+dfsg   /opt/my apps/egerl/ebin \r\n",
                             "x")
            .apps == PackagedApps{{{"egerl_lib"}, "1.2", "/usr/lib/erlang/lib/egerl_lib-1.2/ebin"},
                                  {{"egerl"}, "4.0.1~rc1+dfsg", "/opt/my apps/egerl/ebin"}});
}

TEST_CASE("a control member may have a policy and nodes") {
  CHECK(parse_control_member("policy = leave\nnodes = a b@c\negerl 1 /ebin\n", "x") ==
        ControlMember{{{{"egerl"}, "1", "/ebin"}}, PackagePolicy::leave, {{"a", "b@c"}}});
  CHECK(parse_control_member("policy = restart\nnodes =\n", "x") ==
        ControlMember{{}, PackagePolicy::restart, std::vector<std::string>{}});
  CHECK(parse_control_member("policy = hot\n", "x") == ControlMember{});
  // An application may have the name of a key.
  CHECK(parse_control_member("policy 1 /p\nnodes 2 /n\n", "x").apps.size() == 2);
}

TEST_CASE("comments and blank lines of a control member are ignored") {
  CHECK(parse_control_member("", "x") == ControlMember{});
  CHECK(parse_control_member("# made by dh_erlrc\n\n  \n", "x") == ControlMember{});
  CHECK(parse_control_member("a 1 /ebin # of a", "x").apps == PackagedApps{{{"a"}, "1", "/ebin"}});
}

TEST_CASE("a control member of another form is refused with its line") {
  CHECK(error_of("egerl 1.0\n") ==
        "info/egerl.erlrc:1:1: found fewer than three words, expected `APP VSN EBIN`");
  CHECK(error_of("# x\nEgerl 1.0 /ebin\n") == "info/egerl.erlrc:2:1: 'Egerl' is not an application name");
  CHECK(error_of("../x 1.0 /ebin") == "info/egerl.erlrc:1:1: '../x' is not an application name");
  CHECK(error_of("egerl ../1.0 /ebin") == "info/egerl.erlrc:1:1: '../1.0' is not a version");
  CHECK(error_of("egerl 1.0 lib/ebin") == "info/egerl.erlrc:1:1: 'lib/ebin' is not an absolute path");
  CHECK(error_of("egerl 1.0 /usr/../etc") == "info/egerl.erlrc:1:1: '/usr/../etc' leads upwards");
  CHECK(error_of("egerl 1.0 /usr/..") == "info/egerl.erlrc:1:1: '/usr/..' leads upwards");
  CHECK(error_of("a 1 /a\nb 1 /b\na 2 /c\n") == "info/egerl.erlrc:3:1: 'a' is there twice");
  CHECK(error_of("policy = cold") == "info/egerl.erlrc:1:1: policy 'cold', expected hot, restart or leave");
  CHECK(error_of("# x\nnodes = a b/c") == "info/egerl.erlrc:2:1: node name 'b/c': holds a slash");
  CHECK(error_of("nodes = a\nnodes = b") == "info/egerl.erlrc:2:1: 'nodes' is there twice");
  CHECK(error_of(std::string(256, 'a') + " 1 /a") ==
        "info/egerl.erlrc:1:1: '" + std::string(256, 'a') + "' is not an application name");
}
