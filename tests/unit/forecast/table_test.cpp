// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/forecast.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("no table is printed if there is nothing to report") {
  CHECK(render_forecasts({}).empty());
}

TEST_CASE("the columns of a table are as wide as their widest word") {
  Forecast hot;
  hot.app = "eglib";
  hot.old_vsn = "4.0.1";
  hot.new_vsn = "4.1.0";
  hot.node = "egerl";
  hot.modules = {Atom{"eglib_serial"}, Atom{"eglib_text"}};
  Forecast start;
  start.kind = Forecast::Kind::start;
  start.app = "e";
  start.new_vsn = "1";
  start.node = "egerl";
  start.why = "two\nlines";
  const std::string text = render_forecasts({{hot, start}, {"a note"}, {}});
  const auto table = text.find('\n') + 1;
  CHECK(text.substr(table) ==
        "  application old   new   node  how   changed modules            why\n"
        "  eglib       4.0.1 4.1.0 egerl hot   2: eglib_serial eglib_text\n"
        "  e           -     1     egerl start -                          two lines\n"
        "erlrc: a note\n");
}

TEST_CASE("what makes a line of the table longer than 100 columns follows below it") {
  Forecast tls;
  tls.kind = Forecast::Kind::refused;
  tls.app = "fast_tls";
  tls.old_vsn = "1.1.16-2";
  tls.new_vsn = "1.1.22-1~bpo12+1";
  tls.node = "ejabberd";
  tls.modules = {Atom{"fast_tls"}, Atom{"p1_sha"}};
  tls.why =
      "NIF libraries that do not support an upgrade while the one before is loaded: fast_tls, and others";
  Forecast wide = tls;
  wide.modules = {Atom{"pubsub_publish_options"}, Atom{"muc_roominfo"}, Atom{"xep0048"}, Atom{"xmpp"}};
  wide.why = "no";
  const std::string text = render_forecasts({{tls, wide}, {}, {}});
  CHECK(text.substr(text.find('\n') + 1) ==
        "  application old      new              node     how     changed modules\n"
        "      why\n"
        "  fast_tls    1.1.16-2 1.1.22-1~bpo12+1 ejabberd refused 2: fast_tls p1_sha\n"
        "      NIF libraries that do not support an upgrade while the one before is loaded: fast_tls, and\n"
        "      others\n"
        "  fast_tls    1.1.16-2 1.1.22-1~bpo12+1 ejabberd refused\n"
        "      4: pubsub_publish_options muc_roominfo xep0048 ..\n"
        "      no\n");
}

TEST_CASE("a row counts all changed modules, and names three of them") {
  Forecast hot;
  hot.modules = {Atom{"a"}, Atom{"b"}, Atom{"c"}, Atom{"d"}};
  CHECK(render_forecasts({{hot}, {}, {}}).find(" 4: a b c ..\n") != std::string::npos);
}
