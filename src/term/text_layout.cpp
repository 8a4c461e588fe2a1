// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/term/text.hpp>

#include "text_print.hpp"

// Breaks a term into lines like `~tp` of io_lib:format/2. A term that fits on the rest of its line is written
// there. In a container that does not fit, plain elements (atoms, numbers, strings) fill lines, and each
// other element begins a line: below the first element, or in a tuple that begins with an atom below the
// second one. If such tuples would be indented by more than half of the width, all are indented by four, or
// by one.
//
// Columns count from 1. `closing`: number of closing brackets that have to fit after a term. `filled`: number
// of characters of its line without the indentation. `total`: how many of these a line may have at most,
// which is the length of the whole term on one line (io_lib_pretty:max_cs/2). The different comparisons, `<=`
// for a fixed indentation and `<` for one by the tag, are those of io_lib_pretty.

namespace erlrc {
namespace {

/// Deeper terms are not broken into lines: the peer chooses the depth of a term.
constexpr int kMaxLevels = 200;

struct Node {
  enum class Kind { plain, bytes, list, improper, tuple, tagged, map, pair };
  Kind kind = Kind::plain;
  std::string text;  ///< for plain and bytes
  int length = 0;    ///< on one line
  std::vector<Node> inside;
};

int characters(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, [](char byte) { return (byte & 0xc0) != 0x80; }));
}

bool is_plain(const Node& node) {
  return node.kind == Node::Kind::plain;
}

Node leaf(const Term& term) {
  Node node{Node::Kind::plain, print_term(term), 0, {}};
  if (node.text.starts_with("<<") && !node.text.starts_with("<<\"") && node.text != "<<>>")
    node.kind = Node::Kind::bytes;
  node.length = characters(node.text);
  return node;
}

Node node_of(const Term& term, int level);

Node composite(Node::Kind kind, int brackets, std::vector<Node> inside) {
  Node node{kind, {}, brackets + static_cast<int>(inside.size()) - 1, std::move(inside)};
  for (const Node& each : node.inside)
    node.length += each.length;
  return node;
}

std::vector<Node> nodes_of(const std::vector<Term>& terms, int level) {
  std::vector<Node> nodes;
  nodes.reserve(terms.size() + 1);
  for (const Term& term : terms)
    nodes.push_back(node_of(term, level));
  return nodes;
}

Node node_of(const Term& term, int level) {
  if (level >= kMaxLevels) return leaf(term);
  if (const auto* tuple = std::get_if<Tuple>(&term.value); tuple != nullptr && !tuple->elements.empty()) {
    const bool tagged =
        tuple->elements.size() > 1 && std::holds_alternative<Atom>(tuple->elements.front().value);
    return composite(tagged ? Node::Kind::tagged : Node::Kind::tuple, 2,
                     nodes_of(tuple->elements, level + 1));
  }
  if (const auto* list = std::get_if<List>(&term.value);
      list != nullptr && !list->elements.empty() && !is_string(*list)) {
    std::vector<Node> nodes = nodes_of(list->elements, level + 1);
    if (list->tail.empty()) return composite(Node::Kind::list, 2, std::move(nodes));
    nodes.push_back(node_of(list->tail.front(), level + 1));
    return composite(Node::Kind::improper, 2, std::move(nodes));
  }
  if (const auto* map = std::get_if<Map>(&term.value); map != nullptr && !map->pairs.empty()) {
    std::vector<Node> nodes;
    for (const auto& [key, value] : map->pairs) {
      std::vector<Node> pair;
      pair.push_back(node_of(key, level + 1));
      pair.push_back(node_of(value, level + 1));
      nodes.push_back(composite(Node::Kind::pair, 3, std::move(pair)));
    }
    return composite(Node::Kind::map, 3, std::move(nodes));
  }
  return leaf(term);
}

class Layout {
public:
  /// Indents tuples that begin with an atom by `tag_indent` at most, if that is positive.
  Layout(int width, int total, int tag_indent) : width_(width), total_(total), tag_indent_(tag_indent) {}

  void put(const Node& node, int column, int closing, int filled) {
    if (fits(node.length, column, closing, filled)) return write(node);
    switch (node.kind) {
      case Node::Kind::plain:
        out_ += node.text;
        break;
      case Node::Kind::bytes:
        put_bytes(node.text, column + 2, closing, filled);
        break;
      case Node::Kind::list:
      case Node::Kind::improper:
      case Node::Kind::tuple:
        out_ += node.kind == Node::Kind::tuple ? '{' : '[';
        put_all(node, 0, column + 1, closing, filled + 1);
        out_ += node.kind == Node::Kind::tuple ? '}' : ']';
        break;
      case Node::Kind::tagged:
        put_tagged(node, column, closing, filled + 1);
        break;
      case Node::Kind::map:
        out_ += "#{";
        put_all(node, 0, column + 2, closing, filled + 1);
        out_ += '}';
        break;
      case Node::Kind::pair:
        put_pair(node, column, closing, filled);
        break;
    }
  }

  bool good() const { return good_; }
  std::string take() { return std::move(out_); }

private:
  bool fits(int length, int column, int closing, int filled) const {
    return length < width_ - column - closing && length + filled + closing <= total_;
  }

  void write(const Node& node) {
    switch (node.kind) {
      case Node::Kind::plain:
      case Node::Kind::bytes:
        out_ += node.text;
        return;
      case Node::Kind::list:
      case Node::Kind::improper:
        out_ += '[';
        break;
      case Node::Kind::tuple:
      case Node::Kind::tagged:
        out_ += '{';
        break;
      case Node::Kind::map:
        out_ += "#{";
        break;
      case Node::Kind::pair:
        break;
    }
    for (std::size_t i = 0; i < node.inside.size(); ++i) {
      if (i > 0) out_ += separator(node, i);
      write(node.inside[i]);
    }
    if (node.kind == Node::Kind::list || node.kind == Node::Kind::improper) out_ += ']';
    if (node.kind == Node::Kind::tuple || node.kind == Node::Kind::tagged || node.kind == Node::Kind::map)
      out_ += '}';
  }

  static std::string_view separator(const Node& node, std::size_t i) {
    if (node.kind == Node::Kind::pair) return " => ";
    return is_tail(node, i) ? "|" : ",";
  }
  static bool is_tail(const Node& node, std::size_t i) {
    return node.kind == Node::Kind::improper && i + 1 == node.inside.size();
  }

  /// Number of brackets after the element `i`: includes those of its container if no other element follows.
  static int closing_of(const Node& node, std::size_t i, int closing) {
    const std::size_t elements = node.inside.size() - (node.kind == Node::Kind::improper ? 1 : 0);
    return i + 1 < elements ? 0 : closing + 1;
  }

  /// Whether the node may share a line with others.
  static bool fills_lines(const Node& node) {
    return node.kind == Node::Kind::pair ? std::ranges::all_of(node.inside, is_plain) : is_plain(node);
  }

  /// Returns the number of columns used; all of them if nothing can follow on the line.
  int put_element(const Node& node, int column, int closing, int filled) {
    if (fills_lines(node) && fits(node.length, column, closing, filled)) {
      write(node);
      return node.length;
    }
    put(node, column, closing, filled);
    return width_;
  }

  void put_all(const Node& node, std::size_t first, int column, int closing, int filled) {
    const int taken = put_element(node.inside[first], column, closing_of(node, first, closing), filled);
    // In a map, the line before the first pair is not counted.
    const bool map = node.kind == Node::Kind::map;
    put_rest(node, first + 1, column, column + taken, closing, map ? taken : filled + taken);
  }

  void put_rest(const Node& node, std::size_t first, int column, int at, int closing, int filled) {
    for (std::size_t i = first; i < node.inside.size(); ++i) {
      const Node& element = node.inside[i];
      const int closing_after = closing_of(node, i, closing);
      const int length = element.length + 1;
      // The comma after each element but the last has to fit, too.
      const int room = std::max(closing_after, 1);
      out_ += separator(node, i);
      if (fills_lines(element) && length < width_ - at - room && filled + length + room <= total_) {
        write(element);
        at += length;
        filled += length;
      } else {
        new_line(column);
        filled = 0;
        filled = put_element(element, column, closing_after, filled);
        at = column + filled;
      }
    }
  }

  void put_tagged(const Node& node, int column, int closing, int filled) {
    const Node& tag = node.inside.front();
    const int indent = tag.length + 2;
    out_ += '{' + tag.text;
    if (tag_indent_ > 0 && indent > tag_indent_) {
      const int below = column + tag_indent_;
      require_room(total_ + below <= width_ || below <= width_ / 2);
      put_rest(node, 1, below, column + indent, closing, filled + tag.length);
    } else {
      const int below = column + indent;
      require_room(total_ + below < width_ || below < width_ / 2);
      out_ += ',';
      put_all(node, 1, below, closing, filled + tag.length + 1);
    }
    out_ += '}';
  }

  void put_pair(const Node& pair, int column, int closing, int filled) {
    const int indent = tag_indent_ > 0 ? tag_indent_ : 4;
    put(pair.inside.front(), column, closing, filled);
    out_ += " =>";
    new_line(column + indent);
    put(pair.inside.back(), column + indent, closing, 0);
  }

  void put_bytes(std::string_view text, int column, int closing, int filled) {
    const int room = std::max(8, std::min(width_ - column, total_ - 4 - filled) - closing);
    int left = room;
    out_ += "<<";
    text = text.substr(2, text.size() - 4);
    while (!text.empty()) {
      const std::size_t comma = text.find(',');
      const std::string_view byte = text.substr(0, comma == std::string_view::npos ? comma : comma + 1);
      const int length = static_cast<int>(byte.size());
      if (length > left) {
        new_line(column);
        left = room;
      }
      left -= length;
      out_ += byte;
      text.remove_prefix(byte.size());
    }
    out_ += ">>";
  }

  void new_line(int column) {
    out_ += '\n';
    out_.append(static_cast<std::size_t>(column - 1), ' ');
  }

  void require_room(bool good) { good_ = good_ && good; }

  int width_;
  int total_;
  int tag_indent_;
  bool good_ = true;
  std::string out_;
};

}  // namespace

std::string print_term_pretty(const Term& term, std::size_t width) {
  const Node node = node_of(term, 0);
  const auto laid_out = [&](int tag_indent) {
    Layout layout(static_cast<int>(width), node.length, tag_indent);
    layout.put(node, 1, 0, 0);
    return layout;
  };
  for (const int tag_indent : {-1, 4})
    if (Layout layout = laid_out(tag_indent); layout.good()) return layout.take();
  return laid_out(1).take();
}

}  // namespace erlrc
