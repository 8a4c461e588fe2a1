// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/run_notes.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/engine/run_file.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/process.hpp>

namespace erlrc {
namespace {

/// The first line of a file: the process of the run.
std::string head_of_run() {
  const ProcessId run = calling_run();
  return std::to_string(run.pid) + " " + run.start + "\n";
}

/// The lines of this run, with the first one; only that if another run has written the file.
std::string load_text(const std::string& name) {
  const std::string head = head_of_run();
  auto text = read_file_if_exists(run_directory() / name);
  return text && text->starts_with(head) ? *std::move(text) : head;
}

}  // namespace

std::set<std::string> load_run_notes(const std::string& name) {
  const std::string text = load_text(name);
  const auto all = lines(text);
  return {all.begin() + 1, all.end()};
}

bool add_run_note(const std::string& name, const std::string& line) {
  const std::string known = load_text(name);
  const std::string text = known + one_line(line) + "\n";
  if (load_run_notes(name).contains(one_line(line))) return false;
  make_run_directory();
  write_file_atomically(run_directory() / name, text, 0644);
  return true;
}

bool is_new_line(const std::string& line) {
  try {
    return add_run_note(reported_lines, line);
  } catch (const Error&) {
    return true;
  }
}

std::set<std::string> take_notes(const std::string& name) {
  const std::filesystem::path file = run_directory() / name;
  const auto text = read_file_if_exists(file);
  if (!text) return {};
  remove_file(file);
  const auto all = lines(*text);
  return all.empty() ? std::set<std::string>{} : std::set<std::string>{all.begin() + 1, all.end()};
}

}  // namespace erlrc
