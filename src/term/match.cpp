// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/term/match.hpp>

#include <variant>

#include <erlrc/base/utf8.hpp>

namespace erlrc {

const Atom* as_atom(const Term& term) {
  return std::get_if<Atom>(&term.value);
}

bool is_atom(const Term& term, std::string_view name) {
  const Atom* atom = as_atom(term);
  return atom != nullptr && atom->name == name;
}

std::optional<std::int64_t> as_integer(const Term& term) {
  if (const auto* integer = std::get_if<std::int64_t>(&term.value)) return *integer;
  return std::nullopt;
}

const Binary* as_binary(const Term& term) {
  return std::get_if<Binary>(&term.value);
}

const std::vector<Term>* as_list(const Term& term) {
  const auto* list = std::get_if<List>(&term.value);
  return list != nullptr && list->tail.empty() ? &list->elements : nullptr;
}

const std::vector<Term>* as_tuple(const Term& term) {
  const auto* tuple = std::get_if<Tuple>(&term.value);
  return tuple != nullptr ? &tuple->elements : nullptr;
}

const std::vector<Term>* as_tuple(const Term& term, std::size_t arity) {
  const auto* elements = as_tuple(term);
  return elements != nullptr && elements->size() == arity ? elements : nullptr;
}

const std::vector<Term>* as_tagged(const Term& term, std::string_view tag, std::size_t arity) {
  const auto* elements = as_tuple(term, arity);
  return elements != nullptr && arity > 0 && is_atom(elements->front(), tag) ? elements : nullptr;
}

std::optional<std::string> as_string(const Term& term) {
  const auto* elements = as_list(term);
  if (elements == nullptr) return std::nullopt;
  std::string text;
  text.reserve(elements->size());
  for (const Term& element : *elements) {
    const auto code_point = as_integer(element);
    if (!code_point || *code_point < 0 || *code_point > 0x10ffff ||
        !append_utf8(static_cast<std::uint32_t>(*code_point), text))
      return std::nullopt;
  }
  return text;
}

std::optional<std::string> as_text(const Term& term) {
  if (const Binary* binary = as_binary(term)) return binary->bytes;
  return as_string(term);
}

std::optional<std::vector<Atom>> as_atoms(const Term& term) {
  const auto* elements = as_list(term);
  if (elements == nullptr) return std::nullopt;
  std::vector<Atom> names;
  names.reserve(elements->size());
  for (const Term& element : *elements) {
    const Atom* atom = as_atom(element);
    if (atom == nullptr) return std::nullopt;
    names.push_back(*atom);
  }
  return names;
}

const Term* lookup(const Term& list_or_map, std::string_view key) {
  if (const auto* elements = as_list(list_or_map)) {
    for (const Term& element : *elements)
      if (const auto* pair = as_tagged(element, key, 2)) return &pair->back();
  } else if (const auto* map = std::get_if<Map>(&list_or_map.value)) {
    for (const auto& [name, value] : map->pairs)
      if (is_atom(name, key)) return &value;
  }
  return nullptr;
}

}  // namespace erlrc
