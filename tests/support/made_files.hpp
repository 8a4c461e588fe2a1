// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/base/md5.hpp>

// Application files as values, for decisions that need no disk: `files("1", {module("a").calling("b:f/0")})`.

namespace erlrc::test {

/// "f/1"
inline FunctionName function(const std::string& text) {
  auto slash = text.rfind('/');
  return {Atom{text.substr(0, slash)}, static_cast<std::uint32_t>(std::stoul(text.substr(slash + 1)))};
}

/// "m:f/1"
inline ImportedFunction call(const std::string& text) {
  auto colon = text.find(':');
  return {Atom{text.substr(0, colon)}, function(text.substr(colon + 1))};
}

/// A module whose code equals that of every module built with the same calls, and differs from all others.
struct Module {
  Beam beam;

  Module& exporting(const std::string& name) {
    beam.exports.push_back(function(name));
    return differing(name);
  }
  Module& calling(const std::string& name) {
    beam.imports.push_back(call(name));
    return differing(name);
  }
  Module& behaving(const std::string& behaviour, const std::string& spelling = "behaviour") {
    attributes_.push_back(tuple(Atom{spelling}, atoms({Atom{behaviour}})));
    beam.attributes = list(attributes_);
    return *this;
  }
  /// With this -vsn, and with states whose records are known.
  Module& versioned(const std::string& vsn, Shapes shapes = {}) {
    attributes_.push_back(tuple(Atom{"vsn"}, list({string(vsn)})));
    beam.attributes = list(attributes_);
    beam.shapes = std::optional(std::move(shapes));
    return *this;
  }
  Module& nif(bool on_load) {
    beam.nif = true;
    beam.on_load = on_load;
    return *this;
  }
  /// Makes the code differ without a trace in anything but the md5.
  Module& differing(const std::string& how) {
    identity_ += " " + how;
    beam.md5 = md5(identity_);
    return *this;
  }

private:
  std::string identity_;
  std::vector<Term> attributes_;
};

inline Module module(const std::string& name) {
  Module made;
  made.beam.module = Atom{name};
  return made.differing(name);
}

inline AppFiles files(const std::string& vsn, const std::vector<Module>& modules) {
  AppFiles made;
  made.location = "/lib/egerl-" + vsn + "/ebin";
  made.spec.name = Atom{"egerl"};
  made.spec.vsn = vsn;
  for (const Module& each : modules) {
    made.spec.modules.push_back(each.beam.module);
    made.beams.emplace(each.beam.module, each.beam);
  }
  return made;
}

}  // namespace erlrc::test
