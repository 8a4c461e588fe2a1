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

TEST_CASE("a row counts all changed modules, and names three of them") {
  Forecast hot;
  hot.modules = {Atom{"a"}, Atom{"b"}, Atom{"c"}, Atom{"d"}};
  CHECK(render_forecasts({{hot}, {}, {}}).find(" 4: a b c ..\n") != std::string::npos);
}
