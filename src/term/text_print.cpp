// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/utf8.hpp>
#include <erlrc/term/text.hpp>

#include "big_integer.hpp"
#include "reserved.hpp"
#include "text_print.hpp"

// Prints terms like io_lib:format/2 on a node started with `+pc unicode`. Printing on one line works on a
// list of what is still to do, because the peer chooses the depth of a term; breaking into lines recurses a
// bounded number of levels.

namespace erlrc {
namespace {

// The rule of io_lib:printable_unicode_list/1.
bool is_printable(std::uint32_t c) {
  if (c >= 8 && c <= 13) return true;  // \b \t \n \v \f \r
  if (c == 27) return true;            // \e
  if (c < 0x20 || (c > 0x7e && c < 0xa0)) return false;
  return c < 0xd800 || (c > 0xdfff && c < 0xfffe) || (c > 0xffff && c <= 0x10ffff);
}

void append_char(std::uint32_t c, char quote, std::string& out) {
  const auto escaped = [&](char letter) { out.append({'\\', letter}); };
  if (c == static_cast<std::uint8_t>(quote)) return escaped(quote);
  switch (c) {
    case '\\':
      return escaped('\\');
    case '\n':
      return escaped('n');
    case '\t':
      return escaped('t');
    case '\v':
      return escaped('v');
    case '\b':
      return escaped('b');
    case '\r':
      return escaped('r');
    case '\f':
      return escaped('f');
    case 27:
      return escaped('e');
    case 127:
      return escaped('d');
    default:
      break;
  }
  if (c >= 0x20 && (c < 0x7f || c >= 0xa0)) {
    append_utf8(c, out);
    return;
  }
  const auto octal = [](std::uint32_t digit) { return static_cast<char>('0' + (digit & 7)); };
  out.append({'\\', octal(c >> 6), octal(c >> 3), octal(c)});
}

}  // namespace

bool is_string(const List& list) {
  return list.tail.empty() && !list.elements.empty() &&
         std::ranges::all_of(list.elements, [](const Term& element) {
           const auto* c = std::get_if<std::int64_t>(&element.value);
           return c != nullptr && *c >= 0 && *c <= 0x10ffff && is_printable(static_cast<std::uint32_t>(*c));
         });
}

namespace {

std::string print_string(const List& list) {
  std::string out = "\"";
  for (const Term& element : list.elements)
    append_char(static_cast<std::uint32_t>(std::get<std::int64_t>(element.value)), '"', out);
  return out + '"';
}

std::string print_bytes(BytesView bytes, std::uint8_t last_bits) {
  std::string out = "<<";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += ',';
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    const bool cut = i + 1 == bytes.size() && last_bits < 8;
    out += std::to_string(cut ? byte >> (8 - last_bits) : byte);
    if (cut) out += ":" + std::to_string(last_bits);
  }
  return out + ">>";
}

std::string print_binary(BytesView bytes) {
  if (bytes.empty()) return "<<>>";
  const bool utf8 = is_utf8(bytes);
  const std::string text = utf8 ? std::string(bytes) : latin1_to_utf8(bytes);
  std::string out = "<<\"";
  bool wide = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t c = next_code_point(text, at);
    if (!is_printable(c)) return print_bytes(bytes, 8);
    wide = wide || c > 0x7f;
    append_char(c, '"', out);
  }
  return out + (utf8 && wide ? "\"/utf8>>" : "\">>");
}

// The shortest digits that read back as the same number, and the position of the decimal point.
struct Decimal {
  std::string digits;
  int point = 0;
};

Decimal shortest(double value) {
  std::array<char, 40> buffer{};
  const auto made = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value),
                                  std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(made.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  Decimal decimal;
  for (char c : text.substr(0, e))
    if (c != '.') decimal.digits += c;
  const std::string_view exponent = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.point);
  ++decimal.point;
  return decimal;
}

// Like io_lib_format:fwrite_g/1: with an exponent only if that is shorter, or above 2^53, where not every
// digit is significant.
std::string print_float(double value) {
  const std::string sign = std::signbit(value) ? "-" : "";
  if (value == 0) return sign + "0.0";
  const auto [digits, point] = shortest(value);
  const int length = static_cast<int>(digits.size());
  const std::string exponent = std::to_string(point - 1);
  const std::string scientific =
      digits.substr(0, 1) + "." + (length > 1 ? digits.substr(1) : "0") + "e" + exponent;
  const auto zeros = [](int count) { return std::string(static_cast<std::size_t>(count), '0'); };
  std::string plain;
  if (point <= 0)
    plain = "0." + zeros(-point) + digits;
  else if (point >= length)
    plain = digits + zeros(point - length) + ".0";
  else
    plain = digits.substr(0, static_cast<std::size_t>(point)) + "." +
            digits.substr(static_cast<std::size_t>(point));
  const bool huge = std::fabs(value) >= 9007199254740992.0;
  return sign + (huge || plain.size() > scientific.size() ? scientific : plain);
}

std::string print_pid(const Pid& pid) {
  return "<" + print_atom(pid.node.name) + "." + std::to_string(pid.id) + "." + std::to_string(pid.serial) +
         ">";
}

std::string print_port(const Port& port) {
  return "#Port<" + print_atom(port.node.name) + "." + std::to_string(port.id) + ">";
}

std::string print_reference(const Reference& reference) {
  std::string out = "#Ref<" + print_atom(reference.node.name);
  for (std::size_t i = reference.ids.size(); i-- > 0;)
    out += "." + std::to_string(reference.ids[i]);
  return out + ">";
}

std::string print_export(const Export& value) {
  return "fun " + print_atom(value.module.name) + ":" + print_atom(value.function.name) + "/" +
         std::to_string(value.arity);
}

std::string print_fun(const Fun& fun) {
  return "#Fun<" + print_atom(fun.module.name) + "." + std::to_string(fun.index) + "." +
         std::to_string(fun.uniq) + ">";
}

class LinePrinter {
public:
  std::string print(const Term& term) {
    todo_.push_back({&term, {}});
    while (!todo_.empty()) {
      const Piece next = todo_.back();
      todo_.pop_back();
      if (next.term == nullptr)
        out_ += next.text;
      else
        std::visit([this](const auto& value) { put(value); }, next.term->value);
    }
    return std::move(out_);
  }

private:
  // A term, or text if the term is null.
  struct Piece {
    const Term* term;
    std::string_view text;
  };

  void put(std::int64_t value) { out_ += std::to_string(value); }
  void put(const BigInteger& value) { out_ += digits_of_integer(value); }
  void put(double value) { out_ += print_float(value); }
  void put(const Atom& atom) { out_ += print_atom(atom.name); }
  void put(const Binary& binary) { out_ += print_binary(binary.bytes); }
  void put(const BitString& bits) { out_ += print_bytes(bits.bytes, bits.last_bits); }
  void put(const Pid& pid) { out_ += print_pid(pid); }
  void put(const Port& port) { out_ += print_port(port); }
  void put(const Reference& reference) { out_ += print_reference(reference); }
  void put(const Export& value) { out_ += print_export(value); }
  void put(const Fun& fun) { out_ += print_fun(fun); }

  void put(const Tuple& tuple) {
    out_ += '{';
    later("}");
    later_all(tuple.elements);
  }

  void put(const List& list) {
    if (is_string(list)) {
      out_ += print_string(list);
      return;
    }
    out_ += '[';
    later("]");
    if (!list.tail.empty()) {
      later(list.tail.front());
      later("|");
    }
    later_all(list.elements);
  }

  void put(const Map& map) {
    out_ += "#{";
    later("}");
    for (std::size_t i = map.pairs.size(); i-- > 0;) {
      later(map.pairs[i].second);
      later(" => ");
      later(map.pairs[i].first);
      if (i > 0) later(",");
    }
  }

  void later(const Term& term) { todo_.push_back({&term, {}}); }
  void later(const char* text) { todo_.push_back({nullptr, text}); }
  void later_all(const std::vector<Term>& terms) {
    for (std::size_t i = terms.size(); i-- > 0;) {
      later(terms[i]);
      if (i > 0) later(",");
    }
  }

  std::string out_;
  std::vector<Piece> todo_;  // the next one is the last
};

bool is_bare_atom_char(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@' ||
         (c >= 0xc0 && c <= 0xff && c != 0xd7 && c != 0xf7);
}

bool is_bare_atom_start(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff && c != 0xf7);
}

bool is_bare_atom(std::string_view name) {
  if (name.empty() || is_reserved_word(name)) return false;
  std::size_t at = 0;
  if (!is_bare_atom_start(next_code_point(name, at))) return false;
  while (at < name.size())
    if (!is_bare_atom_char(next_code_point(name, at))) return false;
  return true;
}

}  // namespace

std::string print_term(const Term& term) {
  return LinePrinter().print(term);
}

std::string module_name(std::string_view atom) {
  constexpr std::string_view prefix = "Elixir.";
  return atom.starts_with(prefix) ? std::string(atom.substr(prefix.size())) : print_atom(atom);
}

std::string print_atom(std::string_view name) {
  if (is_bare_atom(name)) return std::string(name);
  std::string out = "'";
  for (std::size_t at = 0; at < name.size();)
    append_char(next_code_point(name, at), '\'', out);
  return out + '\'';
}

}  // namespace erlrc
