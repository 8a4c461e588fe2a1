// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/foreign_text.hpp>

#include <erlrc/base/text.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("control characters become spaces in one line") {
  CHECK(one_line("a\nb\x1b[1m\x7f\xc3\xa4") == "a b [1m \xc3\xa4");
}

TEST_CASE("characters of a message that change the others are visible, and bytes that are not UTF-8") {
  CHECK(one_line("\xc2\x9b[2J \x9b") == "\\x{9b}[2J \\x9b");
  CHECK(one_line("a\xe2\x80\xae"
                 "b\xe2\x81\xa6"
                 "c") == "a\\x{202e}b\\x{2066}c");
  CHECK(one_line("\xf3\xa0\x81\x81\xef\xbb\xbf") == "\\x{e0041}\\x{feff}");
  CHECK(one_line("\xe2\x82\xac \xe2\x82") == "\xe2\x82\xac \\xe2\\x82");
}

TEST_CASE("a message is not longer than some kilobytes, and ends between characters") {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i)
    text += "\xe2\x82\xac";
  const std::string line = one_line(text);
  CHECK(line.size() < 4200);
  CHECK(line.ends_with("\xe2\x82\xac .."));
}

TEST_CASE("text for a terminal keeps its lines, and nothing in it controls the terminal") {
  CHECK(for_terminal("a\n\tb\r\x1b]0;c\x07\xc2\x9b\xff") == "a\n\tb\\x{d}\\x{1b}]0;c\\x{7}\\x{9b}\\xff");
  CHECK(for_terminal(std::string(100'000, 'a')).size() == 100'000);
}
